"""One function per thing a user does, wherever several models, a transaction or triage meet.

Each takes clean values (from `forms/`) and the Actor, whom the audit trail names.
"""
