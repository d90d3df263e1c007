"""What can go wrong with the embedded server."""

import psycopg


class EmbeddedPostgresError(psycopg.OperationalError):
    """The server cannot run. The message is one line that says why.

    Django converts it to its own `OperationalError`, like every psycopg error.
    """
