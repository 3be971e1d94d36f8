from pathlib import Path

import pytest

from harness.errors import MatrixError, Problem
from harness.yaml_positions import Mark, Source, parse, read


def refused(text: str) -> Problem:
    with pytest.raises(MatrixError) as caught:
        parse(text)
    [problem] = caught.value.problems
    return problem


def test_data_comes_with_the_place_of_every_key_and_value() -> None:
    document = parse('a:\n  b: [1, "x"]\n')
    assert document.data == {"a": {"b": [1, "x"]}}
    assert document.source.keys["a", "b"] == Mark(2, 3, "b")
    assert document.source.values["a", "b", 1] == Mark(2, 10, "x")
    assert document.problems == ()


def test_a_place_that_is_not_there_is_shown_at_what_is_around_it() -> None:
    source = parse("a:\n  b: 1\n").source
    assert source.value(("a", "c", 3)) == source.values["a",]
    assert source.key(("a", "b", 0)) == source.values["a", "b"]
    assert Source().value(("a",)) == Mark(1, 1)


def test_an_alias_is_written_out() -> None:
    document = parse("a: &x [1, 2]\nb: *x\n")
    assert document.data == {"a": [1, 2], "b": [1, 2]}
    assert document.problems == ()


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path).data == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("", 1, 1, "the file is empty", "begin with"),
        ("# only a comment\n", 1, 1, "the file is empty", "begin with"),
        ("a: 1\n\tb: 2\n", 2, 1, "cannot start any token", "never tabs"),
        ("a: >=2.10\n", 1, 5, "indentation indicators", 'quote a specifier: ">=2.10"'),
        ("a: [*]\n", 1, 6, "alphabetic or numeric", 'quote a pattern: "*"'),
        ("a: *_gpu\n", 1, 4, "undefined alias", 'quote a pattern that begins with *: "*_gpu"'),
        ("a: b: 1\n", 1, 5, "mapping values are not allowed", "quote text with a colon"),
        ("a: 1\n---\nb: 1\n", 2, 1, "a single document", "remove the line ---"),
        ("a: [1, 2\n", 2, 1, "this is not YAML", ""),
        ("a: 1\nb: \x07\n", 2, 4, "U+0007", "remove it"),
        ("a: &x [*x]\n", 1, 4, "contains itself", "write it out"),
        ("{a: 1}: b\n", 1, 1, "a key must be a text", "quote"),
        ("[" * 5000, 1, 1, "nested too deeply", "five levels"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    problem = refused(text)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (line, column)


def test_aliases_that_explode_are_refused_before_they_fill_the_memory() -> None:
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 12))
    assert (
        "the aliases write out more than 20,000 values" in refused(f"l0: &l0 [x]\n{levels}").message
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "'a' is here twice: first on line 1", "keep one"),
        ("off: 1\n", 1, 1, "the key off is not quoted", 'write "off"'),
        ("3.10: 1\n", 1, 1, "reads it as the number 3.1", 'write "3.10"'),
        ("a: !!python/name:os.system x\n", 1, 4, "the tag", "remove the tag"),
        ("a: !=2.10\n", 1, 4, "the tag !=2.10", 'quote a specifier: "!=2.10"'),
        ("a: !!set {x}\n", 1, 4, "the tag", "remove the tag"),
        ("a: &x {k: 1}\nb: {<<: *x}\n", 2, 5, "merge keys", "write the keys out"),
        ('a: "\\ud800"\n', 1, 4, "half a character", "the character itself"),
        ('"\\ud800": a\n', 1, 1, "half a character", "the character itself"),
        (f"a: {'9' * 4300}:10\n", 1, 4, "for a number or a date", "write"),
        ("a: 2026-13-45\n", 1, 4, "for a number or a date", 'write "2026-13-45"'),
    ],
)
def test_what_yaml_would_guess_is_a_problem_and_the_rest_is_still_read(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    document = parse(text)
    [problem] = document.problems
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (line, column)
    assert isinstance(document.data, dict)


def test_a_missing_file_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match=r"m\.yaml:1:1: cannot read this file: No such file"):
        read(tmp_path / "m.yaml")


def test_a_folder_is_not_a_matrix(tmp_path: Path) -> None:
    with pytest.raises(MatrixError, match="cannot read this file"):
        read(tmp_path)


def test_a_file_in_another_encoding_is_refused_at_its_first_foreign_byte(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(MatrixError, match=r"m\.yaml:2:7: byte 0xe9 is not UTF-8") as caught:
        read(path)
    assert caught.value.problems[0].hint == "save the file as UTF-8"
