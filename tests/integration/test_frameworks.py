"""What is recorded of real frameworks, and where their values lie. Without a GPU: on the CPU.

Each is installed by itself; what a machine cannot install is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness import interpreters, processes, records
from harness.install import python_of
from harness.launch import PROBE, trial_environment
from tests.project import ROOT

pytestmark = pytest.mark.integration


class Stack(NamedTuple):
    """Packages, and how the probe imports them."""

    id: str
    python: str
    backend: str
    packages: tuple[str, ...]


STACKS = (
    Stack("tf27", "3.9", "tensorflow", ("tensorflow-cpu==2.7.4", "protobuf<3.20", "numpy<1.22")),
    Stack("tf221", "3.13", "tensorflow", ("tensorflow-cpu==2.21.0",)),
    Stack("jax", "3.13", "jax", ("keras==3.15.1", "jax")),
    Stack("torch", "3.11", "torch", ("keras==3.15.1", "torch==2.13.0+cpu")),
)

# As a CPU without AVX would have it.
SSE42 = {
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "NPY_DISABLE_CPU_FEATURES": "AVX F16C FMA3 AVX2 X86_V3 AVX512F AVX512CD AVX512_KNL AVX512_KNM "
    "AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4",
    "OPENBLAS_CORETYPE": "Nehalem",
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-FMA,-FMA4,-AVX2,-AVX512F",
    "XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2",
}

# Run in the audited interpreter: where values lie, and what a run on a GPU says to them.
PLACES = """
import importlib, importlib.util, json, sys
spec = importlib.util.spec_from_file_location(
    "harness", sys.argv[1] + "/__init__.py", submodule_search_locations=[sys.argv[1]]
)
sys.modules["harness"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["harness"])
from harness.probe import placement
from harness.probe.context import Run, UnsupportedError
from harness.probe.framework import Framework
import numpy as np

framework = Framework(sys.argv[2], 2)
module = framework.module
layer = framework.keras.layers.Dense(2)
layer.build((None, 2))
values = {"numpy": np.ones(2, "float32"), "keras": layer.weights[0]}
if framework.backend == "tensorflow":
    values["tensor"] = module.ones(2)
    values["variable"] = module.Variable(np.ones(2, "float32"))
    with module.Graph().as_default(), module.device("/GPU:0"):
        values["graph"] = module.constant([1.0])
elif framework.backend == "jax":
    values["tensor"] = module.numpy.ones(2)
else:
    values["tensor"] = module.ones(2)
    values["variable"] = module.nn.Parameter(module.ones(2))

def asked(value, device):
    run = Run(framework, sys.argv[3], sys.argv[3], device)
    try:
        run.array("value", value)
    except UnsupportedError as refusal:
        return str(refusal)
    return "recorded"

def layer_on(device):
    run = Run(framework, sys.argv[3], sys.argv[3], device)
    try:
        run.layer("layer", layer)
    except UnsupportedError as refusal:
        return str(refusal)
    return "recorded"

print(json.dumps({
    "gpus": framework.gpus(),
    "of": {name: placement.of(value) for name, value in values.items()},
    "gpu": {name: asked(value, "gpu") for name, value in values.items()},
    "cpu": {name: asked(value, "cpu") for name, value in values.items() if name != "graph"},
    "layer": [layer_on("cpu"), layer_on("gpu")],
}))
"""


@pytest.fixture(scope="module", params=STACKS, ids=lambda stack: stack.id)
def stack(request: pytest.FixtureRequest, virtualenvs: Path) -> tuple[Stack, str]:
    """A stack, installed, and its interpreter."""
    wanted: Stack = request.param
    interpreter = interpreters.find(wanted.python)
    if interpreter is None:
        pytest.skip(f"no Python {wanted.python} on this machine")
    home = virtualenvs / f"framework-{wanted.id}"
    for command in (
        ["venv", "--python", interpreter, str(home)],
        ["pip", "install", "--python", str(python_of(home)), *wanted.packages],
    ):
        code, log = processes.run([interpreters.uv(), *command])
        if code:
            pytest.skip(f"cannot be installed here: {log[-300:]}")
    return wanted, str(python_of(home))


def measured(
    stack: Stack, python: str, folder: Path, device: str = "cpu", **variables: str
) -> records.Trial:
    """One trial without scenarios, launched as the launcher does it."""
    home = folder / "home"
    home.mkdir()
    record = folder / "m1" / f"env.default.{device}" / "1.jsonl"
    header = {"environment": "env", "setting": "default", "device": device, "trial": 1}
    rest = {"inputs": "", "suite": "", "lock": "", "machine": {"id": "m1"}}
    specification = {
        "output": str(record),
        "objects": str(folder / "objects"),
        "scratch": str(folder),
        "backend": stack.backend,
        "device": device,
        "threads": 2,
        "seconds": 120,
        "scenarios": [],
        "header": {**header, **rest},
        "varied": bool(variables),
    }
    path = folder / "trial.json"
    path.write_text(json.dumps(specification), encoding="utf-8")
    environment = trial_environment(os.environ, variables, threads=2, device=device, home=home)
    subprocess.run([python, str(PROBE), str(path)], env=environment, check=False, timeout=300)
    return records.read(record)


@pytest.fixture(scope="module")
def places(stack: tuple[Stack, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    wanted, python = stack
    program = ["-c", PLACES, str(ROOT / "harness"), wanted.backend]
    folder = tmp_path_factory.mktemp("objects")
    code, log = processes.run([python, *program, str(folder)])
    assert code == 0, log
    found: dict[str, Any] = json.loads(log.strip().splitlines()[-1])
    return found


def test_real_values_say_where_they_lie(places: dict[str, Any]) -> None:
    of = places["of"]
    assert of.pop("numpy") == ""
    assert of.pop("graph", "unknown") == "unknown"
    assert of
    assert set(of.values()) == {"cpu"}


def test_on_a_gpu_what_the_cpu_computed_is_refused(places: dict[str, Any]) -> None:
    assert places["gpu"].pop("numpy") == "recorded"
    assert places["gpu"].pop("graph", "on unknown").endswith("on unknown")
    assert {answer.rpartition(": ")[2] for answer in places["gpu"].values()} == {"it is on cpu"}
    assert set(places["cpu"].values()) == {"recorded"}


def test_a_layer_on_the_cpu_is_refused_on_a_gpu(places: dict[str, Any]) -> None:
    on_cpu, on_gpu = places["layer"]
    assert on_cpu == "recorded"
    assert on_gpu.endswith("it is on cpu")


@pytest.mark.skipif(Path("/proc/driver/nvidia").exists(), reason="a GPU is here")
def test_a_gpu_trial_on_a_machine_without_one_is_device_missing(
    stack: tuple[Stack, str], tmp_path: Path
) -> None:
    wanted, python = stack
    trial = measured(wanted, python, tmp_path, device="gpu")
    assert (trial.end.status, trial.end.message) == (
        "device_missing",
        f"{wanted.backend} sees no GPU",
    )
    assert trial.header.framework["gpus"] == 0
    assert trial.observations == ()


def test_the_instruction_sets_in_force_are_recorded_not_the_variables(
    stack: tuple[Stack, str], tmp_path: Path
) -> None:
    """Capped where a library honours the cap; as it is where it does not."""
    wanted, python = stack
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    uncapped = measured(wanted, python, before).header.framework
    if "AVX2" not in str(uncapped["glibc_simd"]):
        pytest.skip("not an x86-64 Linux with AVX2 and glibc 2.33")
    capped = measured(wanted, python, after, **SSE42).header.framework
    assert capped["glibc_simd"] == "SSE4_1"
    assert capped["openblas_core"] == "Nehalem"
    assert "SSE42" in str(capped["numpy_simd"]) or capped["numpy_simd"] == "baseline"
    assert "X86_V3" not in str(capped["numpy_simd"])
    if wanted.id != "tf27":  # its oneDNN is off, and says nothing
        assert capped["onednn_isa"] == "SSE4.1"
    if wanted.backend == "jax":
        assert capped["xla_isa"] == "sse4.2"
    if wanted.backend == "torch":
        assert capped["cpu_capability"] == "DEFAULT"
        assert "SSE4.2" in str(capped["mkl_isa"])


def test_deterministic_operations_and_clustering_are_seen(
    stack: tuple[Stack, str], tmp_path: Path
) -> None:
    wanted, python = stack
    if wanted.backend != "tensorflow":
        pytest.skip("TensorFlow's variables")
    variables = {
        "TF_DETERMINISTIC_OPS": "1",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
        "TF_ENABLE_ONEDNN_OPTS": "1",
    }
    found = measured(wanted, python, tmp_path, **variables).header.framework
    assert (found["op_determinism"], found["xla_auto_jit"], found["onednn"]) == ("on", "on", "on")


def test_a_value_that_a_stack_refuses_is_an_error_and_no_failed_installation(
    stack: tuple[Stack, str], tmp_path: Path
) -> None:
    wanted, python = stack
    if wanted.backend != "jax":
        pytest.skip("JAX checks its variables when it is imported")
    end = measured(wanted, python, tmp_path, JAX_ENABLE_X64="perhaps").end
    assert end.status == "error"
    assert end.message.startswith("in this setting, importing jax failed: ValueError")
