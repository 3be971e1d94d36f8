"""One self-contained script: a side of a break, to be run with `uv run` and nothing else.

Everything that comes from a record stands in it as a literal or in a comment without line ends:
records may come from elsewhere, and their words must not become code.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.launch import PASSED, PASSED_TO_GPU
from harness.probe import schema
from harness.reproduce.cut import cut
from harness.reproduce.metadata import WIDTH, metadata, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.reproduce.cut import Cut


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
    head = metadata(side.packages, side.python, installed=side.installed)
    parts = [
        head + _docstring(side, code.summary) + "\nfrom __future__ import annotations",
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


def _docstring(side: Side, summary: str) -> str:
    lines = [side.title, "", summary, "", *side.about]
    wrapped = [
        part for line in lines for part in (textwrap.wrap(plain(line), WIDTH) if line else [""])
    ]
    text = "\n".join(wrapped).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""'


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
