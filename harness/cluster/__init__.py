"""Environments measured by the workers of a Dask cluster that is already there.

A *unit* is what one worker measures in one go, mostly an environment (`units`). It travels with the
project packed as bytes (`bundle`). The worker unpacks it into a folder of its own and runs the nox
session that a person would run (`worker`, `session`); records stream back through a queue of the
scheduler as trials finish, each behind its arrays (`outbox`), and are staged below
`reports/incoming` (`incoming`). Only when a unit is complete are its records merged, by
`harness.merge`, which trusts nothing. So an *attempt* whose worker died leaves nothing that counts
beside the attempt that followed; and what no attempt completed is kept as far as it came.

`run` is the client's loop, `cluster` the connection, `missing` the rows of what nobody measured.
Nothing but `cluster`, `run` and `worker` imports `distributed`, which is an extra.

Of a report, workers make the comparisons (`comparisons`) and the large tables (`tables`).
"""

from __future__ import annotations

from harness.errors import ExitCode, SameseedError

INCOMING = "incoming"  # folder in reports/: what came from workers and is not merged yet

# The words of messages from a worker to the client; see `harness.cluster.outbox`.
BEGIN, LINE, PIECE, END = "begin", "line", "piece", "end"


class ClusterError(SameseedError):
    """A cluster that cannot be reached or used; says what to do."""

    exit_code = ExitCode.USAGE
