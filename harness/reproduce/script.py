"""One self-contained script: a side of a break, to be run with `uv run` and nothing else.

Everything that comes from a record stands in it as a literal or in a comment without line ends:
records may come from elsewhere, and their words must not become code.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.analysis.facts import package
from harness.launch import PASSED, PASSED_TO_GPU
from harness.probe import schema
from harness.reproduce.cut import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.reproduce.cut import Cut

WIDTH = 100
_PYTHON = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Side:
    """What a script needs to know of its side.

    title: what breaks, in a line; about: more lines for its head. python: version that ran.
    packages: name → version, as recorded. installed: False for an interpreter that the matrix only
    names. variables: of the setting, the pinned threads included. recorded: array → fingerprint
    ("": no such array) → in which launches.
    """

    title: str
    about: tuple[str, ...]
    scenario: str
    python: str
    packages: Mapping[str, str]
    installed: bool
    backend: str
    keras: str
    threads: int
    device: str
    variables: Mapping[str, str]
    recorded: Mapping[str, Mapping[str, str]]


def script(side: Side) -> str:
    """The text of the script. Raises `cut.UncutError` where the scenario cannot be told apart."""
    code = cut(side.scenario, side.device)
    scenario = _REGISTER if not code.direct else code.scenario
    parts = [
        _metadata(side) + _docstring(side, code.summary) + "\nfrom __future__ import annotations",
        "\n".join(_sorted(code.imports)),
        _section("The scenario, as the suite has it", scenario),
        *([_section("What it uses")] if code.direct and code.helpers else []),
        *code.helpers,
        *([] if code.direct else [code.scenario]),
        _section("What runs it", _start(side)),
        "\n".join(("import numpy", *(["import numpy as np"] if _NUMPY in code.imports else []))),
        *code.machinery,
        _class("Framework", _FRAMEWORK, code.framework),
        _class("Run", _RUN, code.run),
        _end(side, code),
    ]
    return "\n\n\n".join(part for part in parts if part) + "\n"


_NUMPY = "import numpy as np"
# What the script's own lines use. NumPy comes later, when the environment is that of a trial.
_IMPORTS = (
    *("import os", "import random", "import subprocess", "import sys", "import tempfile"),
    "from typing import Any, NoReturn",
)


def _sorted(imports: Iterable[str]) -> list[str]:
    """The statements, one for all that comes from a module, as in any Python file."""
    names: dict[str, set[str]] = {}
    plain = set()
    for line in (*imports, *_IMPORTS):
        if line.startswith("from "):
            module, _, wanted = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).update(wanted.split(", "))
        elif line not in ("import numpy", _NUMPY):
            plain.add(line)
    several = [
        f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)
    ]
    return [*sorted(plain), *several]


def python_of(version: str) -> str:
    """`3.10` of `3.10.14`; empty for what is no version."""
    found = _PYTHON.match(version)
    return found[0] if found else ""


def _metadata(side: Side) -> str:
    """PEP 723: what `uv run` installs. What cannot be installed by name is said in a comment."""
    pins, refused = _pins(side.packages)
    if not side.installed:
        brief = ", ".join(pins) or "nothing on record"
        return _comment(
            "The matrix names an interpreter for this environment and locks nothing: run this "
            f"script with that one (Python {side.python}). It had {brief}."
        )
    lines = [
        "# /// script",
        *([f'# requires-python = "=={python_of(side.python)}.*"'] if side.python else []),
        "# dependencies = [",
        *(f'#   "{pin}",' for pin in pins),
        "# ]",
    ]
    names = {pin.split("==")[0] for pin in pins}
    if "tensorflow" not in names and any(package(name) == "tensorflow" for name in names):
        # Packages that ask for TensorFlow by its usual name are content with the build that is
        # there; a second one would overwrite its files.
        lines += [
            "# [tool.uv]",
            """# override-dependencies = ["tensorflow ; sys_platform == 'never'"]""",
        ]
    lines.append("# ///\n")
    return "\n".join(lines) + (
        _comment(f"Not pinned, for what is on record is no requirement: {', '.join(refused)}.")
        if refused
        else ""
    )


def _pins(packages: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """`name==version`, sorted; and what is on record and cannot be written so."""
    good, refused = [], []
    for name, version in sorted(packages.items()):
        pin = _pin(name, version)
        if pin:
            good.append(pin)
        else:
            refused.append(_plain(f"{name}=={version}"))
    return good, refused


@cache
def _pin(name: str, version: str) -> str:
    """The requirement, empty where these are no name and no version."""
    try:
        return f"{canonicalize_name(name, validate=True)}=={Version(version)}"
    except (InvalidName, InvalidVersion):
        return ""


def _docstring(side: Side, summary: str) -> str:
    lines = [side.title, "", summary, "", *side.about]
    wrapped = [
        part for line in lines for part in (textwrap.wrap(_plain(line), WIDTH) if line else [""])
    ]
    text = "\n".join(wrapped).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'


def _plain(text: str) -> str:
    """Text on one line and printable; what is not is spelled out."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def _comment(text: str) -> str:
    lines = textwrap.wrap(_plain(text), WIDTH - 2)
    return "\n".join(f"# {line}" for line in lines) + "\n"


def _section(title: str, *pieces: str) -> str:
    return "\n\n\n".join((f"# {title} {'-' * (WIDTH - 3 - len(title))}", *pieces))


def _listing(values: Iterable[str], indent: str = "    ") -> str:
    text = ", ".join(map(repr, values))
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _mapping(values: Mapping[str, str], indent: str = "") -> str:
    lines = (f"{indent}    {name!r}: {value!r},\n" for name, value in values.items())
    return "{\n" + "".join(lines) + f"{indent}}}"


_START = """# A trial sees what is KEPT of the caller's environment, an empty home, and VARIABLES.
KEPT = (
{kept},
)
VARIABLES = {variables}

if "SAMESEED_SCRATCH" not in os.environ:  # start anew, so
    with tempfile.TemporaryDirectory() as scratch:
        environment = {{name: os.environ[name] for name in KEPT if name in os.environ}}
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SAMESEED_SCRATCH"):
            environment[name] = scratch
        environment.update(VARIABLES)
        command = [sys.executable, os.path.abspath(__file__)]
        sys.exit(subprocess.call(command, env=environment, cwd=scratch))
sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]"""


def _start(side: Side) -> str:
    kept = (*PASSED, *(PASSED_TO_GPU if side.device == "gpu" else ()))
    return _START.format(kept=_listing(kept), variables=_mapping(side.variables))


_REGISTER = """SCENARIOS = {}


def scenario(name, **_):
    def register(function):
        SCENARIOS[name] = function
        return function

    return register"""

_FRAMEWORK = '''    """The imported framework, its threads pinned."""'''

_RUN = f'''    """What a scenario sees. Prints the fingerprint of every array that it is given."""

    seed = {schema.SEED}
    numpy = numpy
    random = random

    def __init__(self, framework: Framework, device: str) -> None:
        self.device = device
        self.backend = framework.backend
        self.keras = framework.keras
        self.keras_name = framework.keras_name
        self.arrays: list[dict[str, Any]] = []

    def path(self, name: str) -> str:
        return os.path.join(os.environ["SAMESEED_SCRATCH"], name)

    def array(self, name: str, value: Any) -> None:
        array = canonical(self.evaluate(value))
        found = {{"array": name, "dtype": array.dtype.name, "shape": list(array.shape)}}
        self.arrays.append({{**found, "sha256": sha256(array)}})
        print(name, array.dtype.name, list(array.shape), sha256(array), flush=True)

    def relation(self, *_: Any, **__: Any) -> None:
        """The audit compares arrays of one run here; this script only prints them."""'''

_END = """# Array → fingerprint on record ("" where there was no such array) → where.
RECORDED = {{
{recorded}}}


def reproduce() -> None:
    framework = Framework({backend!r}, {threads!r}, {keras!r})
    run = Run(framework, {device!r})
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
{call}
    found = {{each["array"]: each["sha256"] for each in run.arrays}}
    for array, recorded in RECORDED.items():
        print("\\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()"""


def _end(side: Side, code: Cut) -> str:
    calls = [f"    run.api(*{path.split('|')!r})" for path in code.needs]
    calls += (
        [
            "    with on(run.device, framework.backend, framework.module):",
            f"        {code.call}(run)",
        ]
        if side.device == "gpu"
        else [f"    {code.call}(run)"]
    )
    return _END.format(
        recorded="".join(
            f"    {name!r}: {_mapping(each, '    ')},\n" for name, each in side.recorded.items()
        ),
        backend=side.backend,
        threads=side.threads,
        keras=side.keras,
        device=side.device,
        call="\n".join(calls),
    )


def _class(name: str, head: str, methods: Sequence[str]) -> str:
    return "\n\n".join((f"class {name}:\n{head}", *methods))
