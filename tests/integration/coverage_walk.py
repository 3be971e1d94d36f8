"""Which members of Keras and `tf.random` draw random numbers, and which the suite exercises.

Run by an interpreter (Python ≥ 3.12) that has TensorFlow, Keras and NumPy::

    python coverage_walk.py ROOT OUTPUT [SCENARIO...]

ROOT is a checkout of this repository; without SCENARIO, the whole suite runs. OUTPUT becomes a JSON
object: `members`, the random members by name, each with why it counts as random and the scenarios
that exercised it; `unforeseen`, members that were seen drawing although nothing in their signature
or source says so; `public`, the names of all public classes and functions looked at; `statuses`, by
scenario; `versions`.

A member counts as random by what can be read off it (`evidence`). It counts as exercised when a
scenario that came out `ok` had it on the call stack at a draw: a layer or an initializer as the
`self` of a frame, a function as one that the scenario called, and not Keras itself. Draws are
watched where they all pass: the functions of Keras's TensorFlow backend, those of `tf.random`, and
the methods of both generators.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import sys
import tempfile
import textwrap
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

NAMESPACES = (
    "keras.initializers",
    "keras.layers",
    "keras.random",
    "keras.applications",
    "tensorflow.random",
)
_SECONDS_PER_SCENARIO = 300
# Who calls a function from here has not exercised it for its own sake. tf.function lies elsewhere.
_INSIDE = ("/site-packages/keras/", "/site-packages/tensorflow/python/ops/")
# Absent from the Python that types are checked for.
_MONITORING: Any = vars(sys)["monitoring"]
_TOOL = _MONITORING.PROFILER_ID


# The public members.


def public(namespace: str) -> dict[str, Any]:
    """Classes and functions below a module, each under one name: its own, or the shortest."""
    found: dict[int, tuple[list[str], Any]] = {}
    waiting, seen = [namespace], set[str]()
    while waiting:
        path = waiting.pop()
        module = _module(path)
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_"):
                continue
            if isinstance(value, ModuleType):
                if f"{path}.{name}" not in seen and namespace in f"{path}.{name}":
                    seen.add(f"{path}.{name}")
                    waiting.append(f"{path}.{name}")
            elif inspect.isclass(value) or callable(value):
                found.setdefault(id(value), ([], value))[0].append(f"{path}.{name}")
    return {
        min(names, key=lambda name: _preference(name, value)): value
        for names, value in found.values()
    }


def _preference(name: str, value: Any) -> tuple[bool, int, int, str]:
    own = name.rsplit(".", 1)[-1] == getattr(value, "__name__", "")
    return (not own, name.count("."), len(name), name)


def _module(path: str) -> Any:
    first, *rest = path.split(".")
    found: Any = importlib.import_module(first)
    for name in rest:
        found = getattr(found, name)
    return found


# What says that a member draws.


def evidence(name: str, member: Any) -> list[str]:
    """Why `member` counts as random; nothing if it does not."""
    import keras

    reasons = []
    parameters = _parameters(member)
    for each, parameter in parameters.items():
        if each.endswith("_initializer") and _draws(parameter.default):
            reasons.append(f"{each} is {parameter.default!r} by default")
    if name.startswith("keras.applications.") and "weights" in parameters:
        reasons.append("builds a model")
    sources = [member]
    if inspect.isclass(member):
        kept_apart = set(keras.layers.Layer.__mro__) - {member}
        sources = [each for each in member.__mro__ if each not in kept_apart]
    if any("seed" in _parameters(source) for source in sources):
        reasons.append("takes a seed")
    if hasattr(member, "from_seed"):
        reasons.append("is made from a seed")
    for source in sources:
        reasons += [f"its source names {each}" for each in _random_names(source)]
    return sorted(set(reasons))


def _parameters(member: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(member).parameters)
    except (TypeError, ValueError):
        return {}


@cache
def _random_initializers() -> frozenset[str]:
    """Every name that stands for an initializer that takes a seed."""
    import keras

    exported = vars(keras.initializers).items()
    named = {
        name for name, each in exported if inspect.isclass(each) and "seed" in _parameters(each)
    }
    return frozenset(named | {name for name in ("uniform", "normal") if _draws(name)})


def _draws(default: Any) -> bool:
    """Whether a parameter's default stands for an initializer that takes a seed."""
    import keras

    if not isinstance(default, str | keras.initializers.Initializer):
        return False
    return "seed" in _parameters(type(keras.initializers.get(default)))


def _random_names(source: Any) -> set[str]:
    """Random initializers and generators that the code of a class or function names."""
    module = getattr(source, "__module__", "") or ""
    if not module.startswith(("keras.", "tensorflow.")):
        return set()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(source))))
    except (OSError, TypeError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword | ast.arg | ast.Assign):
            value = getattr(node, "value", None)
            if isinstance(value, ast.Constant) and value.value in _random_initializers():
                names.add(repr(value.value))
        elif isinstance(node, ast.Attribute):
            base = node.value
            owner = getattr(base, "id", getattr(base, "attr", ""))
            if owner == "initializers" and node.attr in _random_initializers():
                names.add(f"initializers.{node.attr}")
            elif owner == "random" and node.attr != "SeedGenerator":  # to have one is not to draw
                names.add(f"random.{node.attr}")
            elif owner == "Generator":
                names.add("Generator")
    return names


# What happens at a draw.


class Watch:
    """Notes who is on the stack whenever random numbers are drawn."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.classes = {member: name for name, member in members.items() if inspect.isclass(member)}
        self.functions = {
            code: name
            for name, member in members.items()
            if not inspect.isclass(member) and (code := _code(member))
        }
        self.exercised: set[str] = set()
        self.innermost: set[str] = set()

    def start(self) -> None:
        """Have every draw noted, in this process and in those forked from it."""
        import keras
        import tensorflow

        backend = importlib.import_module("keras.src.backend.tensorflow.random")
        drawing = [each for each in vars(backend).values() if _defined_in(each, backend)]
        drawing += public("tensorflow.random").values()
        for generator in (tensorflow.random.Generator, keras.random.SeedGenerator):
            drawing += [getattr(each, "__func__", each) for each in vars(generator).values()]
        _MONITORING.use_tool_id(_TOOL, "sameseed coverage")
        _MONITORING.register_callback(_TOOL, _MONITORING.events.PY_START, self._drawn)
        for code in filter(None, map(_code, drawing)):
            _MONITORING.set_local_events(_TOOL, code, _MONITORING.events.PY_START)

    def _drawn(self, code: CodeType, offset: int) -> None:
        frame: FrameType | None = sys._getframe(1)
        function = ""
        first = True
        while frame is not None:
            place = frame.f_code.co_filename.replace("\\", "/")
            if frame.f_code in self.functions:
                function = self.functions[frame.f_code]
            elif any(inside in place for inside in _INSIDE):
                function = ""  # not the scenario called it
            member = self._member(frame.f_locals.get("self"))
            if member:
                self.exercised.add(member)
                if first and member.startswith(("keras.layers.", "keras.initializers.")):
                    self.innermost.add(member)
                    first = False
            frame = frame.f_back
        if function:
            self.exercised.add(function)

    def _member(self, instance: Any) -> str:
        """The member an object is an instance of; for a class of a scenario's own, its base."""
        kind = type(instance)
        if kind.__module__.startswith("harness."):
            return next((self.classes[base] for base in kind.__mro__ if base in self.classes), "")
        return self.classes.get(kind, "")


def _code(member: Any) -> CodeType | None:
    plain = inspect.unwrap(member) if callable(member) else None
    return plain.__code__ if isinstance(plain, FunctionType) else None


def _defined_in(value: Any, module: ModuleType) -> bool:
    return isinstance(value, FunctionType) and value.__module__ == module.__name__


# The suite.


def watched(watch: Watch, scenario: Any, framework: Any) -> dict[str, Any]:
    """Run one scenario in a child: its status, and what it exercised."""
    from harness.probe import children, trial

    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        child = os.fork()
        if child == 0:
            try:
                children.become_independent(_SECONDS_PER_SCENARIO)
                seen = trial.observe(scenario, framework, f"{folder}/objects", Path(folder))
                told = {
                    "status": seen["status"],
                    "message": seen["message"],
                    "exercised": sorted(watch.exercised),
                    "innermost": sorted(watch.innermost),
                }
                result.write_text(json.dumps(told), encoding="utf-8")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        if not result.exists():
            return {"status": "crash", "message": "", "exercised": [], "innermost": []}
        told = json.loads(result.read_text(encoding="utf-8"))
    return dict(told)


def main(root: Path, output: Path, names: list[str]) -> None:
    """Walk, watch, write."""
    sys.path.insert(0, str(root))
    from harness import scenarios
    from harness.probe.framework import Framework

    framework = Framework("tensorflow", 2, "keras")  # `tensorflow.keras` keeps some older classes
    import keras

    members = {name: each for space in NAMESPACES for name, each in public(space).items()}
    random = {name: why for name, each in members.items() if (why := evidence(name, each))}
    watch = Watch(members)
    watch.start()
    by: dict[str, list[str]] = {name: [] for name in members}
    innermost: set[str] = set()
    statuses = {}
    suite = scenarios.suite()
    for name in names or suite:
        told = watched(watch, suite[name], framework)
        statuses[name] = f"{told['status']} {told['message']}".strip()
        if told["status"] == "ok":
            innermost.update(told["innermost"])
            for member in told["exercised"]:
                by[member].append(name)
    output.write_text(
        json.dumps(
            {
                "versions": {
                    "keras": keras.__version__,
                    "tensorflow": framework.module.__version__,
                },
                "public": sorted(members),
                "members": {
                    name: {"why": random[name], "scenarios": by[name]} for name in sorted(random)
                },
                "unforeseen": sorted(innermost - set(random)),
                "statuses": statuses,
            },
            indent=1,
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:])
