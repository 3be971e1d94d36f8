"""A Dask cluster of real processes on loopback: one scheduler, and workers with nannies."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.project import ROOT, clean_environment, wait_for

ATTEMPTS = "dask-scratch-space/*/sameseed/*"  # in the folder of a worker
DASK = Path(sys.executable).with_name("dask")


@dataclass
class Cluster:
    """Everything it starts is in `processes`, for whoever ends them."""

    folder: Path
    processes: list[subprocess.Popen[bytes]]
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """What `--dask` takes."""
        return self.folder / "scheduler.json"

    def scheduler(self, **variables: str) -> None:
        self._start("scheduler", ["scheduler", "--no-dashboard", "--port", "0"], variables)
        wait_for(self._listens, 60)

    def worker(self, name: str, *options: str, package: Path = ROOT) -> None:
        """package: the folder of the sameseed that it has."""
        self.workers[name] = self._start(
            name,
            [
                *("worker", "--no-dashboard", "--nthreads", "1", "--name", name),
                *("--local-directory", str(self.folder / name), *options),
            ],
            {"PYTHONPATH": str(package)},
        )

    def measures(self, name: str) -> Path | None:
        """The record of a trial that a worker is in the middle of."""
        parts = (self.folder / name).glob(f"{ATTEMPTS}/reports/data/*/*/*.jsonl.part")
        return next((part for part in parts if part.stat().st_size), None)

    def kill(self, name: str) -> None:
        """SIGKILL to a worker and its nanny, not to what the worker started."""
        nanny = psutil.Process(self.workers[name].pid)
        for process in [nanny, *nanny.children()]:
            process.kill()
        self.workers[name].wait(30)

    def left(self) -> list[str]:
        """Commands that still run in the folders of workers: sessions, audits and trials."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            command = " ".join(process.info["cmdline"] or ())
            if str(self.folder) in command and str(DASK) not in command:
                found.append(command)
        return found

    def folders(self) -> list[Path]:
        """Of attempts, on workers."""
        return list(self.folder.glob(f"*/{ATTEMPTS}"))

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _start(
        self, name: str, arguments: list[str], variables: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        command = [str(DASK), *arguments, "--host", "127.0.0.1"]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--scheduler-file", str(self.file)],
                cwd=self.folder,
                env=clean_environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def _listens(self) -> bool:
        try:
            return bool(json.loads(self.file.read_text(encoding="utf-8"))["address"])
        except (OSError, ValueError):
            return False
