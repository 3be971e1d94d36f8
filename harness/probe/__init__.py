"""The only code that runs beside the audited framework: standard library, NumPy and the framework.

It runs on Python 3.7 to 3.14 and never imports the host side. Reading order: `__main__` (how it is
started), `trial` (one launch), `children` (one process per scenario), `context` (what a scenario
sees), `fingerprint`, `facts` (what is recorded about the environment), `schema` (plain data).
"""
