"""A Django database backend for PostgreSQL that waits for no answer longer than it must.

    DATABASES = {"default": {"ENGINE": "bounded_postgres", "ANSWER_SECONDS": 4.5, ...}}

PostgreSQL's own `statement_timeout` ends a slow statement. It ends nothing if the server itself is
frozen, or its machine is gone: then only the client can. Without `ANSWER_SECONDS`, or with None, a
connection waits as long as it takes. With `SLOW_SECONDS`, statements that take so long are logged,
without values, and with what they waited for. The package knows nothing about the application that
uses it.
"""
