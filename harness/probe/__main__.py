"""How the probe is started inside an audited environment: `python <this file> SPECIFICATION.json`.

The file is run by its path, with the audited environment's interpreter. It loads the `harness`
package by location and leaves `sys.path` alone: were the folder that holds it put there, the
host's own packages could be imported instead of the audited ones.
"""

import importlib.util
import json
import os
import sys


def main(arguments):
    """Run the trial that a JSON file describes, or one child of it (three more arguments).

    Progress goes to standard output, a line at a time; everything else that the framework prints
    goes to `probe.log` in the trial's scratch folder.
    """
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != _HERE]
    trial_module = _load_harness()
    with open(arguments[0], encoding="utf-8") as file:
        trial = trial_module.Trial(json.load(file))
    if len(arguments) > 1:
        _spawned_child(trial_module, trial, *arguments[1:])
        return
    log_path = os.path.join(trial.scratch, "probe.log")
    progress = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")

    def say(line):
        progress.write(line.replace("\n", " ") + "\n")
        progress.flush()

    _redirect(log_path)
    spawn = [sys.executable, os.path.abspath(__file__), arguments[0]]
    trial.run(say, log_path, spawn)


def _spawned_child(trial_module, trial, name, result_path, scratch):
    framework = trial_module.Framework(trial.backend, trial.threads)
    log_path = os.path.join(scratch, "log.txt")
    with open(log_path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    trial.child(name, result_path, scratch, framework, log)


def _redirect(path):
    """Send standard output and error to `path`, C++ code's too."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _load_harness():
    package = os.path.dirname(_HERE)
    spec = importlib.util.spec_from_file_location(
        "harness", os.path.join(package, "__init__.py"), submodule_search_locations=[package]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["harness"] = module
    spec.loader.exec_module(module)
    return importlib.import_module("harness.probe.trial")


_HERE = os.path.dirname(os.path.realpath(__file__))

if __name__ == "__main__":
    main(sys.argv[1:])
