"""How the probe is started inside an audited environment: `python <this file> SPECIFICATION.json`.

The file is run by its path, with the audited environment's interpreter. It loads the `harness`
package by location and leaves `sys.path` alone: were the folder that holds it put there, the
host's own packages could be imported instead of the audited ones.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> None:
    """Run the trial that a JSON file describes, or one child of it (three more arguments).

    Progress goes to standard output, a line at a time; everything else that the framework prints
    goes to `probe.log` in the trial's scratch folder.
    """
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != str(_HERE)]
    trial_module = _load_harness()
    specification = Path(arguments[0])
    trial = trial_module.Trial(**json.loads(specification.read_text(encoding="utf-8")))
    if len(arguments) > 1:
        _spawned_child(trial_module, trial, *arguments[1:])
        return
    log_path = Path(trial.scratch, "probe.log")
    progress = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")

    def say(line: str) -> None:
        progress.write(line.replace("\n", " ") + "\n")
        progress.flush()

    _redirect(log_path)
    trial.run(say, log_path, [sys.executable, str(_HERE / "__main__.py"), str(specification)])
    os._exit(0)  # the record is on disk; taking a framework apart takes as long as two scenarios


def _spawned_child(
    trial_module: Any, trial: Any, name: str, result_path: str, scratch: str
) -> None:
    framework = trial_module.Framework(trial.backend, trial.threads, trial.keras)
    log = Path(scratch, "log.txt").read_text(encoding="utf-8", errors="replace")
    trial.child(name, Path(result_path), Path(scratch), framework, log)


def _redirect(path: Path) -> None:
    """Send standard output and error to `path`, C++ code's too."""
    handle = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _load_harness() -> Any:
    """The module `harness.probe.trial` of the package that this file lies in."""
    package = _HERE.parent
    spec = importlib.util.spec_from_file_location(
        "harness", str(package / "__init__.py"), submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["harness"] = module
    spec.loader.exec_module(module)
    return importlib.import_module("harness.probe.trial")


_HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    main(sys.argv[1:])
