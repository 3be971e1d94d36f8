"""The reproducers beside the page: scripts for the break that each event shows as its example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.files import replacing
from harness.reproduce import Reproducers, UncutError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.analysis import Results

FOLDER = "reproducers"


def write_scripts(
    results: Results, breaks: Iterable[str], directory: Path
) -> Mapping[str, tuple[str, ...]]:
    """Write the scripts of these breaks into `directory`; returns break id → names of its files.

    A break whose scenario is not in the suite at hand (any more) has none. Scripts that an earlier
    report left there go away.
    """
    reproducers = Reproducers(results)
    rows = results.breaks.drop_duplicates("id").set_index("id", drop=False)
    names: dict[str, tuple[str, ...]] = {}
    for wanted in breaks:
        try:
            made = reproducers.of(rows.loc[wanted])
        except UncutError:
            continue
        for script in made.scripts:
            with replacing(directory / script.name) as file:
                file.write(script.text)
        names[wanted] = tuple(script.name for script in made.scripts)
    written = {name for each in names.values() for name in each}
    for left in directory.glob("*.py"):
        if left.name not in written:
            left.unlink()
    return names
