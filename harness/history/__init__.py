"""Runs: what the records said each time a report was made, kept beside the report.

A run is one Parquet file in `reports/history/`, named by the time at which its newest launch
started: `2026-11-22T10-44-12Z.parquet`. It has a row per scenario, cell and machine with the
result's name, and in its metadata the rest: cells, standings, what was compared, what broke.

A report made again from the same records replaces its run; no other file is ever written again.
`runs` says what a run is, `file` is the format, `keep` makes runs of results, `read` reads them as
the untrusted input they are; `harness.analysis.history` compares.
"""
