"""The words of `matrix.yaml`: versions, names, packages, and a scalar wherever a list may stand.

Each type says what it accepts twice: in a validator, whose errors tell what to write instead, and
in the JSON Schema, for editors.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion
from packaging.version import Version as PackagingVersion
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from harness.wheels import OLDEST_PYTHON
from harness.yaml_positions import Unquoted

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler, ValidatorFunctionWrapHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

T = TypeVar("T")


class Strict(BaseModel):
    """A mapping in a file that somebody edits: nothing is converted, unknown keys are errors."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


AXES = ("tensorflow", "keras", "backend", "numpy", "python")  # every other axis is a package
COORDINATES = ("environment", "setting", "device")  # what a rule may match besides the axes
SAME = "same"  # in `packages_on`: the version that the entry gives

NAME = r"^[a-z][a-z0-9_]*$"
PACKAGE = r"^[a-z0-9]+(-[a-z0-9]+)*$"
EXTRAS = r"^([a-z0-9]+(?:-[a-z0-9]+)*)(\[[a-z0-9-]+(?:,[a-z0-9-]+)*\])?$"
PYTHON = r"^3\.[0-9]+(\.[0-9]+)?$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
SPECIFIER_SIGNS = "<>=!~"
LONGEST = 100


def wrong(message: str, hint: str, *inside: str | int) -> PydanticCustomError:
    """An error in the user's words; `inside` leads from the validated value to the wrong part."""
    return PydanticCustomError(
        "wrong", "{message}", {"message": message, "hint": hint, "inside": inside}
    )


def is_specifier(text: str) -> bool:
    """Whether a pin is a specifier (`<3.20`) and not an exact version (`3.19.6`)."""
    return text[:1] in SPECIFIER_SIGNS


def _quoted(value: object) -> object:
    if isinstance(value, Unquoted):
        raise PydanticKnownError("string_type")  # told like 2.10, which YAML reads as a number
    return value


def _version(text: str) -> str:
    _short(text)
    try:
        PackagingVersion(text)
    except InvalidVersion:
        raise wrong(f'"{text}" is not an exact version', 'write one like "2.21.0"') from None
    return text


def _short(text: str) -> None:
    """No version is this long, and Python refuses to print numbers of thousands of digits."""
    if len(text) > LONGEST:
        raise wrong(f'"{text[:20]}…" is too long for a version', 'write one like "2.21.0"')


# What the launcher or the probe would override: a setting of it would be measured without effect.
_THREADS = "write `threads:` in the setting"
RESERVED_VARIABLES = {
    "KERAS_BACKEND": "write `backend:` in the entry of the environment",
    **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"), _THREADS),
    "CUDA_VISIBLE_DEVICES": "write `devices:`",
    "PYTHONHOME": "write `interpreter:` in the entry of the environment",
    "PYTHONPATH": "write `packages:` in the entry of the environment",
}


def _python(text: str) -> str:
    if not re.fullmatch(PYTHON, text):
        raise wrong(f'"{text}" is not a Python version', 'write one like "3.10" or "3.10.13"')
    if tuple(map(int, text.split(".")[:2])) < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise wrong(
            f"Python {text} is too old: the probe runs from {oldest} on", f'write "{oldest}"'
        )
    return text


def _pin(text: str) -> str:
    if not is_specifier(text):
        return _version(text)
    _short(text)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise wrong(f'"{text}" is not a version specifier', 'write one like "<3.20"') from None
    return text


def _pin_or_same(value: object) -> object:
    return str(value) if value == SAME else _quoted(value)


def _condition(value: object) -> object:
    """In a rule, names may stand unquoted (`backend: jax`), versions may not."""
    return _quoted(value) if isinstance(value, str) and not value[:1].isalpha() else value


def _pin_or_word(text: str) -> str:
    _short(text)
    return _pin(text) if is_specifier(text) else text


def _name(text: str) -> str:
    if len(text) > 100:
        raise wrong(f"a name of {len(text)} characters", "use at most 100")
    if not re.fullmatch(NAME, text):
        hint = "use lower-case letters, digits and _, and begin with a letter"
        slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
        raise wrong(
            f'"{text}" is not a name', f"{hint}: {slug}" if re.fullmatch(NAME, slug) else hint
        )
    return text


def _not_an_axis(package: str) -> str:
    if package in AXES:
        raise wrong(f"{package} is an axis of its own", f"write {package}: beside packages:")
    if package in COORDINATES:
        raise wrong(f"rules use the word {package} for something else", "leave this package out")
    return package


def _package(text: str) -> str:
    if not re.fullmatch(PACKAGE, text):
        raise _bad_package(text)
    return text


def _package_with_extras(text: str) -> str:
    if not re.fullmatch(EXTRAS, text):
        raise _bad_package(text)
    return text


def _bad_package(text: str) -> PydanticCustomError:
    name = re.sub(r"[-_.]+", "-", text.lower())  # as the packaging standard normalises it
    example = name if re.fullmatch(EXTRAS, name) else "ml-dtypes"
    return wrong(f'"{text}" is not a normalised package name', f"write it like {example}")


def _variable(text: str) -> str:
    if not re.fullmatch(VARIABLE, text):
        hint = "use letters, digits and _, like TF_ENABLE_ONEDNN_OPTS"
        raise wrong(f'"{text}" cannot name an environment variable', hint)
    if text in RESERVED_VARIABLES:
        raise wrong(f"sameseed sets {text} itself", RESERVED_VARIABLES[text])
    return text


def _file(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise wrong("a file needs a name", "write the path of a Python file")
    return text


def _value(text: str) -> str:
    if "\0" in text:
        raise wrong("an environment variable cannot hold a null character", "leave it out")
    return text


def _day(value: object) -> object:
    if isinstance(value, datetime):
        raise wrong("a day has no time", f'write "{value.date()}"')
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(f'"{value}" is not a day', 'write one like "2026-11-20"') from None
    return value


class Single(tuple[T, ...]):
    """A tuple of one that stands in the file as a scalar: such an axis needs no part in an id."""

    __slots__ = ()


def _one_or_more(value: object, handler: ValidatorFunctionWrapHandler) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        return Single(handler((value,)))
    values: tuple[Any, ...] = handler(tuple(value))
    for index, item in enumerate(values):
        if item in values[:index]:
            raise wrong(f"{item} is listed twice", "keep one of the two", index)
    return Single(values) if isinstance(value, Single) else values


class _ScalarToo:
    """Tells the JSON Schema what `_one_or_more` accepts."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        array = handler(schema) | {"uniqueItems": True}
        return {"anyOf": [array["items"], array]}


OneOrMore = Annotated[tuple[T, ...], Field(min_length=1), WrapValidator(_one_or_more), _ScalarToo()]

Backend: TypeAlias = Literal["tensorflow", "jax", "torch", "theano"]
Device: TypeAlias = Literal["cpu", "gpu"]
Platform: TypeAlias = Literal["linux-x86_64", "linux-aarch64", "macos-arm64", "windows-x86_64"]


def _text(*examples: str, pattern: str | None = None) -> WithJsonSchema:
    schema: JsonSchemaValue = {"type": "string"}
    if pattern:
        schema["pattern"] = pattern
    if examples:
        schema["examples"] = list(examples)
    return WithJsonSchema(schema)


Python = Annotated[
    str, BeforeValidator(_quoted), AfterValidator(_python), _text("3.10", pattern=PYTHON)
]
Pin = Annotated[
    str,
    BeforeValidator(_quoted),
    AfterValidator(_pin),
    _text("3.19.6", "<3.20", pattern=r"^[0-9<>=!~]"),
]
PinOrSame = Annotated[
    str,
    BeforeValidator(_pin_or_same),
    AfterValidator(lambda text: text if text == SAME else _pin(text)),
    _text("same", "0.4.30", pattern=r"^(same$|[0-9<>=!~])"),
]
Condition = Annotated[
    str,
    BeforeValidator(_condition),
    AfterValidator(_pin_or_word),
    _text("2.9.3", ">=2.16", "jax", "tf2_*"),
]
Name = Annotated[str, AfterValidator(_name), _text(pattern=NAME)]
Glob = Annotated[str, _text("tf2_*", "*")]
Package = Annotated[str, AfterValidator(_package), _text(pattern=PACKAGE)]
PackageAxis = Annotated[Package, AfterValidator(_not_an_axis)]
PackageWithExtras = Annotated[str, AfterValidator(_package_with_extras), _text(pattern=EXTRAS)]
FileName = Annotated[str, AfterValidator(_file), _text("my_scenarios.py")]
Value = Annotated[str, AfterValidator(_value)]
Variable = Annotated[str, AfterValidator(_variable), _text(pattern=VARIABLE)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
