"""A GitHub workflow's jobs, run here: their commands by bash, as the file has them.

What GitHub brings (checkout, Python, the cache) is there already; artefacts are folders.
Expressions are not evaluated: a test says what each comes to, and one that it does not know is a
mistake.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import yaml

from tests.project import ROOT, Done, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORKFLOWS = ROOT / ".github" / "workflows"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
THERE = ("actions/checkout", "actions/setup-python", "actions/cache")


def workflow(name: str) -> dict[Any, Any]:
    """A workflow's content. YAML takes its key `on` for true."""
    loaded: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return loaded


@dataclass
class JobRun:
    """One job in a folder, which is its checkout.

    known: expression → what it comes to; of steps' conditions too. variables: what its steps see on
    top of its own. skipped: names of steps that need GitHub.
    """

    job: Mapping[str, Any]
    folder: Path
    artefacts: Path
    known: Mapping[str, str]
    variables: Mapping[str, str]
    skipped: frozenset[str] = frozenset()
    done: dict[str, Done] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """All steps, in order, also after one that failed, as theirs say."""
        for step in self.job["steps"]:
            failed = any(each.code for each in self.done.values())
            condition = str(step.get("if", "success()"))
            wanted = EXPRESSION.sub(r"\1", condition)
            if step.get("name") in self.skipped or self.known.get(wanted) == "false":
                continue
            if wanted == "success()":
                assert not failed, (self.folder.name, self.done)
            elif wanted not in ("always()", "!cancelled()"):
                assert self.known[wanted] == "true"
            self._step(step)

    def _step(self, step: Mapping[str, Any]) -> None:
        if "run" in step:
            self.done[step["name"]] = self._bash(step)
            return
        action = step["uses"].partition("@")[0]
        options = {name: self._value(value) for name, value in step.get("with", {}).items()}
        if action == "actions/upload-artifact":
            self._upload(options)
        elif action == "actions/download-artifact":
            self._download(options)
        else:
            assert action in THERE, action

    def _bash(self, step: Mapping[str, Any]) -> Done:
        own = {**self.job.get("env", {}), **step.get("env", {})}
        special = {name: self.folder.with_suffix(f".{name}") for name in ("OUTPUT", "STEP_SUMMARY")}
        environment = clean_environment(
            {
                **{name: self._value(value) for name, value in own.items()},
                **{f"GITHUB_{name}": str(path) for name, path in special.items()},
                **self.variables,
            }
        )
        environment.pop("PYTHONPATH", None)  # what is installed counts, not what lies here
        for path in special.values():
            path.touch()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=600,
            check=False,
        )
        lines = special["OUTPUT"].read_text(encoding="utf-8").splitlines()
        self.outputs.update(line.partition("=")[::2] for line in lines)
        return Done(done.returncode, done.stdout)

    def _value(self, text: object) -> str:
        return EXPRESSION.sub(lambda match: self.known[match[1]], str(text))

    def _upload(self, options: Mapping[str, str]) -> None:
        source, target = self.folder / options["path"], self.artefacts / options["name"]
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists() or options["if-no-files-found"] == "error":
            target.mkdir()
            shutil.copy2(source, target)

    def _download(self, options: Mapping[str, str]) -> None:
        target = self.folder / options.get("path", ".")
        if "name" in options:
            shutil.copytree(self.artefacts / options["name"], target, dirs_exist_ok=True)
            return
        for artefact in sorted(self.artefacts.iterdir()):
            if fnmatch(artefact.name, options["pattern"]):
                shutil.copytree(artefact, target / artefact.name)
