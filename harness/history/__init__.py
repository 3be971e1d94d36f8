"""Runs: what the records said each time a report was made, kept beside the report.

A run is two files in `reports/history/`, named by the time at which its newest launch started:

    2026-11-22T10-44-12Z.csv.gz     a row per scenario, cell and machine: the result's name
    2026-11-22T10-44-12Z.json.gz    the rest: cells, standings, what was compared, what broke

A report made again from the same records replaces its run. `runs` says what is in the files, `keep`
writes them, `read` reads them as the untrusted input they are; `harness.analysis.history` compares.
"""
