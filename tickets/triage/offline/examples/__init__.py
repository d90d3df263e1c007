"""Example tickets, written for this project from the definitions in docs/triage.md.

The encoders' heads are fitted to them (`fitting.py`). They are no demo data and no test data.
"""
