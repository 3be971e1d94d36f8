# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "nox[uv]>=2026.4",
#   "archspec>=0.2.5",
#   "filelock>=3.13",
#   "findpython>=0.6",
#   "jinja2>=3.1",
#   "msgspec>=0.19",
#   "numpy>=1.26",
#   "nvidia-ml-py>=12.535",
#   "packaging>=24.0",
#   "pandas>=2.2",
#   "psutil>=5.9",
#   "py-machineid>=0.6",
#   "pyarrow>=17.0",
#   "pydantic>=2.11",
#   "pyyaml>=6.0",
#   "rich>=13.7",
#   "typer>=0.15",
# ]
# ///
"""sameseed: same seed, same weights?

What people run:

    nox                         audit the default profile, write reports/, print the verdict
    nox -- --profile NAME       audit another profile of matrix.yaml
    nox -- --fresh              measure again what is measured already
    nox -- --prune              remove each virtualenv once its environment is measured
    nox -s audit-ENVIRONMENT    measure one environment; -- --devices cpu its CPU cells alone
    nox -s report               write the report from what is measured; -- --json also as JSON,
                                -- --layout dir with style and script beside the page
    nox -- --store URL          send each trial to a store as it ends, and report from there
    nox -s check                hold what is measured against the policy and the known breaks
    nox -s lock                 resolve matrix.yaml into matrix.lock
    nox -s lock -- --profile nightly    resolve anew only what that profile has
    nox -s tests                test sameseed itself
    nox -s browser              test the page in a real browser
"""

from __future__ import annotations

import argparse
import atexit
import os
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # the package beside this file, not an installed one

from harness import progress
from harness.errors import SameseedError
from harness.plan import DEFAULT, load_plan

PROJECT = nox.project.load_toml("pyproject.toml")
SUMMARY = Path("reports/summary.txt")


def after_dashes() -> tuple[argparse.Namespace, list[str]]:
    """Our own options, which nox leaves to sessions: everything after `--`; and what else is there.

    The rest may be pytest's, so that only the sessions that take none refuse it.
    """
    ours = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    parser = argparse.ArgumentParser(prog="nox --", add_help=False, allow_abbrev=False)
    parser.add_argument("--profile")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--prune", action="store_true")
    parser.add_argument("--devices")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--layout")
    parser.add_argument("--store")
    return parser.parse_known_args(ours)


OPTIONS, OTHERS = after_dashes()
PROFILE = OPTIONS.profile or DEFAULT
if OPTIONS.store:
    # To every session, and not on their command lines, which nox prints: a URL may hold a password.
    os.environ["SAMESEED_STORE"] = OPTIONS.store
try:
    PLAN = load_plan(Path("matrix.yaml"), PROFILE)
except SameseedError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)

nox.needs_version = ">=2026.4"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"


def harness(session: nox.Session, *arguments: str) -> None:
    """Run a command of the package beside this file, on the Python that runs nox."""
    if OTHERS:
        known = "--profile NAME, --fresh, --prune, --devices cpu, --json, --layout dir, --store URL"
        session.error(f"{' '.join(OTHERS)}: after -- there may be {known}")
    session.run(sys.executable, "-m", "harness", *arguments, external=True)


def register_audit(environment: str, *, default: bool, tags: list[str], summary: str) -> None:
    """Add the session that installs and measures one environment.

    It has no virtualenv of nox's making: uv makes one inside, so that a missing interpreter or a
    failed install becomes rows of the report, and so that reuse is decided by the lock's digest.
    A session that fails does not keep `report` from running, which therefore requires none.
    """

    def audit(session: nox.Session) -> None:
        options = [f"--{name}" for name in ("fresh", "prune") if getattr(OPTIONS, name)]
        options += ["--devices", OPTIONS.devices] if OPTIONS.devices else []
        harness(session, "probe", environment, "--profile", PROFILE, *options)

    audit.__doc__ = summary
    nox.session(
        name=f"audit-{environment}",
        venv_backend="none",
        default=default,
        tags=tags,
        allow_parallel=True,
    )(audit)


planned = {cell.environment for cell in PLAN.cells}
for entry in PLAN.environments:
    register_audit(
        entry.id,
        default=entry.id in planned,
        tags=list(entry.profiles),
        summary="Measure " + ", ".join(f"{axis} {value}" for axis, value in entry.axes.items()),
    )


# Exclusive and last: nox starts it when no audit runs any more, whether they succeeded or not.
@nox.session(
    venv_backend="none", tags=sorted({tag for e in PLAN.environments for tag in e.profiles})
)
def report(session: nox.Session) -> None:
    """Write reports/index.html and reports/csv from the records, and print the verdict."""
    options = ["--json"] if OPTIONS.json else []
    options += ["--layout", OPTIONS.layout] if OPTIONS.layout else []
    harness(session, "report", "--profile", PROFILE, *options)


@nox.session(venv_backend="none", default=False)
def check(session: nox.Session) -> None:
    """Hold what is measured against the policy and the known breaks; options go to it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--store")
    others = parser.parse_known_args(session.posargs)[1]
    session.run(sys.executable, "-m", "harness", "check", *others, external=True)


@nox.session(venv_backend="none", default=False)
def lock(session: nox.Session) -> None:
    """Resolve matrix.yaml into matrix.lock."""
    # Without a profile all is resolved, with one only its environments.
    harness(session, "lock", *(["--profile", PROFILE] if OPTIONS.profile else []))


@nox.session(default=False)
def tests(session: nox.Session) -> None:
    """Run the tests, a real audit of two TensorFlow releases included; arguments go to pytest."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "test"))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Test the page in Chromium, which is installed where there is none; arguments go to pytest."""
    with_chromium(session)
    session.run("pytest", "tests/browser", *session.posargs)


def with_chromium(session: nox.Session) -> None:
    """Install what drives a browser, and make sure that there is one to drive."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "browser"))
    session.run("python", "tests/browser/chromium.py")


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style and formatting, and the workflows for what could be abused."""
    session.install(*nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check types, strictly, over the package, the tests and this file."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "types"))
    session.run("mypy")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure how fast a cell is measured, against fresh interpreters."""
    session.run(sys.executable, "benchmarks/cell.py", *session.posargs, external=True)


@nox.session(venv_backend="none", default=False)
def scale(session: nox.Session) -> None:
    """Measure how long a report of generated records takes, and its memory, from small to large."""
    session.run(sys.executable, "benchmarks/scale.py", *session.posargs, external=True)


@nox.session(default=False)
def page(session: nox.Session) -> None:
    """Measure the page of generated records in Chromium: its size, and how fast it answers."""
    with_chromium(session)
    session.run("python", "benchmarks/page.py", *session.posargs)


def last_words(summary: Path, before: float) -> None:
    """Print the verdict and the report's path once more, below nox's own summary."""
    if summary.exists() and summary.stat().st_mtime > before:
        words = "\n" + summary.read_text(encoding="utf-8").rstrip().rpartition("\n\n")[-1]
        encoding = sys.stdout.encoding or "utf-8"
        print(words.encode(encoding, "replace").decode(encoding))


# Audits run side by side; each holds about 1 GB. Sessions that must run alone say so themselves,
# and are left alone when asked for by name, for nox shows their output only at the end otherwise.
alone = {name for name, session in nox.registry.get().items() if not session.allow_parallel}
if not alone.intersection(sys.argv):
    nox.options.parallel = min(os.cpu_count() or 1, 8)

# Only in the process that a person started; nox's parallel children inherit the variable.
outermost = os.environ.setdefault(progress.NOX, str(os.getpid())) == str(os.getpid())
if outermost and nox.options.parallel:
    atexit.register(last_words, SUMMARY, SUMMARY.stat().st_mtime if SUMMARY.exists() else 0.0)
    if not sys.stdout.isatty():
        progress.follow(Path("reports/progress.log"))
