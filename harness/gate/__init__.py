"""The gate: results against a policy and a committed baseline, and the answer in CI's formats.

Reading order: `policy` (what a level's breaks count as), `findings` (the breaks that are judged),
`baseline` (the file of known ones), `check` (all of that → `Outcome`), `update` (what the baseline
would be now), `groups` (what is shown as one). `terminal`, `junit`, `markdown`, `annotations`,
`sarif` and `plain` (JSON) show it; `places` finds the line of matrix.yaml to point at.

Nothing is imported here, for the matrix's model needs `policy` alone.
"""
