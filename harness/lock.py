"""`matrix.lock`: what each environment resolved to, on every platform, with hashes.

Resolving is left to `uv pip compile`. Environments are resolved in matrix order, and each prefers
the versions that its nearest one before it got, the one that it shares most axes with: where two
environments are compared as few packages move as can be, which keeps confounders out of the report.
Environments of the newest (`prereleases`) stay out of this.

The file is JSON with sorted keys, made to be committed and read in a diff. Hashes stand once per
distribution, however many environments install it; where a later resolution saw other ones (files
uploaded since), beside its packages, so that nothing changes for the environments before it.

FORMAT history: 1, first version.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import interpreters, processes
from harness.errors import LockError
from harness.plan import WHOLE
from harness.platforms import UV_PLATFORMS, on_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from harness.matrix import Matrix
    from harness.plan import Environment, Plan

FORMAT = 1

_PINNED = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==\S+)")
_HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True)
class Locked:
    """One environment on one platform: what to install, or why nothing can be."""

    python: str
    packages: tuple[str, ...]  # "numpy==1.26.4", sorted
    hashes: tuple[tuple[str, ...], ...]  # for each package
    unresolvable: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over Python, packages and hashes: decides whether a virtualenv is current."""
        content = json.dumps([self.python, self.packages, self.hashes])
        return hashlib.sha256(content.encode()).hexdigest()

    def requirements(self) -> str:
        """The text of a requirements file that installs exactly this, hashes checked."""
        lines = (
            " ".join((package, *(f"--hash={digest}" for digest in hashes)))
            for package, hashes in zip(self.packages, self.hashes, strict=True)
        )
        return "\n".join(lines) + "\n"


class Lock:
    """The content of `matrix.lock`."""

    def __init__(self, content: dict[str, Any]) -> None:
        """content: the file's JSON."""
        self._content = content

    @classmethod
    def load(cls, path: Path) -> Lock:
        """Read a lock file. Raises `LockError` where it is missing or not one."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise LockError(f"{path} is missing: run `nox -s lock` to make it") from None
        except (OSError, ValueError) as error:
            raise LockError(
                f"{path} cannot be read ({error}): run `nox -s lock` to make it anew"
            ) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise LockError(f"{path} is not a lock of format {FORMAT}: run `nox -s lock`")
        if not all(isinstance(content.get(part), dict) for part in ("environments", "hashes")):
            raise LockError(f"{path} is damaged: run `nox -s lock` to make it anew")
        return cls(content)

    def locked(self, environment: Environment, platform: str, *, gpu: bool = False) -> Locked:
        """What the lock says of an environment on a platform; gpu as `has_gpu` says.

        Raises `LockError` where it says nothing, or something about other requirements.
        """
        try:
            return self._locked(environment, platform, gpu=gpu)
        except (KeyError, TypeError, AttributeError) as error:
            raise LockError(f"matrix.lock is damaged ({error!r}): run `nox -s lock`") from error

    def _locked(self, environment: Environment, platform: str, *, gpu: bool) -> Locked:
        entry = self._content["environments"].get(environment.id)
        if entry is None or entry["requested"] != _requested(environment, gpu=gpu):
            state = "has no" if entry is None else "has an older"
            raise LockError(
                f"matrix.lock {state} {environment.id}: "
                "run `nox -s lock` after changing matrix.yaml"
            )
        resolved = entry["platforms"].get(platform)
        if resolved is None:
            known = ", ".join(entry["platforms"])
            raise LockError(
                f"matrix.lock resolves {environment.id} for {known}, not for {platform}: "
                "add it to `platforms` in matrix.yaml and run `nox -s lock`"
            )
        packages = tuple(resolved.get("packages", ()))
        hashes = {**self._content["hashes"], **resolved.get("hashes", {})}
        return Locked(
            python=environment.python or "",
            packages=packages,
            hashes=tuple(tuple(hashes[package]) for package in packages),
            unresolvable=resolved.get("unresolvable", ""),
        )


def resolve(
    matrix: Matrix,
    plan: Plan,
    say: Callable[[str], None],
    *,
    before: Lock | None = None,
    profile: str = WHOLE,
) -> Lock:
    """Resolve every environment of a profile on every platform.

    before: the lock from which the other environments are kept. say: called with one line of
    progress at a time. What cannot be resolved is kept with its reason, and the rest goes on.

    Raises `LockError` where `before` was made for another `exclude_newer`: all of it is stale.
    """
    limit = str(matrix.exclude_newer or "")
    content = before._content if before else {"environments": {}, "hashes": {}}
    if before and content.get("exclude_newer", "") != limit:
        raise LockError(
            "exclude_newer in matrix.yaml is not that of matrix.lock: "
            "run `nox -s lock`, without a profile"
        )
    chains = [
        _Chain(matrix, plan, platform, profile, content, say) for platform in matrix.platforms
    ]
    # One environment builds on those before it, platforms do not build on each other.
    with ThreadPoolExecutor() as pool:
        resolved = dict(zip(matrix.platforms, pool.map(_Chain.resolve, chains), strict=True))
    environments: dict[str, Any] = {}
    for environment in plan.environments:
        if profile not in environment.profiles:
            if environment.id in content["environments"]:
                environments[environment.id] = content["environments"][environment.id]
        elif environment.interpreter is None:
            environments[environment.id] = {
                "requested": _requested(environment, gpu=has_gpu(plan, environment)),
                "platforms": {name: found[environment.id] for name, found in resolved.items()},
            }
    return Lock(
        {
            "format": FORMAT,
            "exclude_newer": limit,
            "environments": environments,
            "hashes": _shared(environments, content["hashes"]),
        }
    )


def _shared(environments: dict[str, Any], known: dict[str, list[str]]) -> dict[str, list[str]]:
    """The hashes for all, taken out of what was resolved anew where they say the same.

    known: those that kept environments rely on. Else the first to resolve a package decides.
    """
    resolved = [
        found
        for entry in environments.values()
        for found in entry["platforms"].values()
        if "packages" in found
    ]
    # What is kept was complete with these; what is new brings all of its own.
    shared = {
        package: known[package]
        for found in resolved
        for package in found["packages"]
        if package not in found.get("hashes", {})
    }
    for found in resolved:
        for package, hashes in found.pop("hashes", {}).items():
            if shared.setdefault(package, hashes) != hashes:
                found.setdefault("hashes", {})[package] = hashes
    return {package: shared[package] for package in sorted(shared)}


class _Chain:
    """The environments on one platform, each preferring what its nearest before it got."""

    def __init__(
        self,
        matrix: Matrix,
        plan: Plan,
        platform: str,
        profile: str,
        before: dict[str, Any],
        say: Callable[[str], None],
    ) -> None:
        self._matrix = matrix
        self._plan = plan
        self._platform = platform
        self._profile = profile
        self._before = before
        self._say = say

    def resolve(self) -> dict[str, dict[str, Any]]:
        """Environment id → its packages with their hashes, or why it has none."""
        resolved: dict[str, dict[str, Any]] = {}
        settled: list[tuple[Environment, Sequence[str]]] = []
        planned = [entry for entry in self._plan.environments if entry.interpreter is None]
        todo = [entry for entry in planned if self._profile in entry.profiles]
        for environment in planned:
            if environment in todo:
                position = todo.index(environment) + 1
                self._say(f"{position}/{len(todo)} {environment.id} on {self._platform}")
                found = self._resolve(environment, _nearest(environment, settled))
                resolved[environment.id] = found
            else:
                kept = self._before["environments"].get(environment.id, {"platforms": {}})
                found = kept["platforms"].get(self._platform, {})
            if "packages" in found and not environment.prereleases:  # the newest must not spread
                settled.append((environment, found["packages"]))
        return resolved

    def _resolve(self, environment: Environment, preferred: Sequence[str]) -> dict[str, Any]:
        gpu = has_gpu(self._plan, environment)
        newest = environment.prereleases
        text, failure = _compile(
            [on_platform(entry, self._platform, gpu=gpu) for entry in environment.requirements],
            # Whoever depends on TensorFlow means the release that is asked for.
            [entry for entry in environment.requirements if entry.startswith("tensorflow==")],
            python=environment.python or "",
            platform=self._platform,
            exclude_newer=None if newest else self._matrix.exclude_newer,
            preferred=() if newest else preferred,
            prereleases=newest,
        )
        if failure:
            self._say(
                f"{environment.id} CANNOT BE RESOLVED on {self._platform}: "
                + failure.splitlines()[0]
            )
            return {"unresolvable": failure}
        found = _one_tensorflow(_parse(text))
        return {"packages": sorted(found), "hashes": found}


def _nearest(
    environment: Environment, settled: Iterable[tuple[Environment, Sequence[str]]]
) -> Sequence[str]:
    """The packages of the environment that differs in the fewest axes; of several, the last."""
    nearest: Sequence[str] = ()
    fewest = None
    for other, packages in settled:
        apart = sum(
            environment.axes.get(axis) != other.axes.get(axis)
            for axis in environment.axes.keys() | other.axes.keys()
        )
        if fewest is None or apart <= fewest:
            nearest, fewest = packages, apart
    return nearest


def write(lock: Lock, path: Path) -> None:
    """Write the lock, all of it or nothing."""
    temporary = path.with_suffix(".lock.tmp")
    temporary.write_text(json.dumps(lock._content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def has_gpu(plan: Plan, environment: Environment) -> bool:
    """Whether any cell of an environment runs on a GPU, and so needs the GPU build."""
    return any(
        cell.environment == environment.id and cell.device == "gpu" for cell in plan.all_cells
    )


def _requested(environment: Environment, *, gpu: bool) -> list[str]:
    """What decides a resolution, besides the platform."""
    build = "gpu" if gpu else "cpu"
    newest = ["prereleases"] if environment.prereleases else []
    return [f"python=={environment.python}", f"build=={build}", *newest, *environment.requirements]


def _compile(
    requirements: Iterable[str],
    constraints: Iterable[str],
    *,
    python: str,
    platform: str,
    exclude_newer: date | None,
    preferred: Sequence[str],
    prereleases: bool,
) -> tuple[str, str]:
    """Run `uv pip compile`; returns (requirements with hashes, "") or ("", why not).

    constraints: what holds for packages that others ask for.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted, output = Path(folder, "wanted.in"), Path(folder, "resolved.txt")
        wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        constrained = Path(folder, "constraints.txt")
        constrained.write_text("\n".join(constraints) + "\n", encoding="utf-8")
        # uv keeps what an existing output file says, as far as the new requirements allow.
        output.write_text("\n".join(preferred) + "\n", encoding="utf-8")
        command = [
            *(interpreters.uv(), "pip", "compile", str(wanted), "--output-file", str(output)),
            *("--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
            *("--python-version", python, "--python-platform", UV_PLATFORMS[platform]),
            *("--constraint", str(constrained)),
        ]
        if prereleases:
            command += ["--prerelease", "allow"]
        if exclude_newer:
            command += ["--exclude-newer", str(exclude_newer)]
        code, log = processes.run(command, environment={"UV_PYTHON_DOWNLOADS": "never"})
        if code:
            return "", _reason(log)
        return output.read_text(encoding="utf-8"), ""


def _parse(text: str) -> dict[str, list[str]]:
    """Pinned packages and their hashes out of what uv wrote."""
    found: dict[str, list[str]] = {}
    for block in text.replace("\\\n", " ").splitlines():
        match = _PINNED.match(block)
        if match:
            found[match["pin"]] = sorted(_HASH.findall(block))
    return found


def _one_tensorflow(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without the second build of TensorFlow that somebody asked for by its usual name.

    tf-keras depends on `tensorflow`. Both builds install the same files, so that one hides the
    other; kept is the one that every other environment has.
    """
    if not any(pin.startswith("tensorflow-cpu==") for pin in found):
        return found
    return {pin: hashes for pin, hashes in found.items() if not pin.startswith("tensorflow==")}


def _reason(log: str) -> str:
    """uv's explanation without its drawing characters."""
    lines = (re.sub(r"^[\s│╰─▶×]+", "", line).strip() for line in log.splitlines())
    kept = [line for line in lines if line and not line.startswith("warning:")]
    return " ".join(kept).removeprefix("error: ") or "uv gave no reason"
