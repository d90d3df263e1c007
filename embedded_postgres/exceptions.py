"""What can go wrong with the embedded server."""

from bounded_postgres.connection import NoAnswer


class EmbeddedPostgresError(NoAnswer):
    """The server cannot run. The message is one line that says why.

    Django converts it to its own `OperationalError`, like every psycopg error.
    """
