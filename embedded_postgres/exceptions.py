"""What can go wrong with the embedded server."""

import psycopg


class EmbeddedPostgresError(psycopg.OperationalError):
    """The server cannot run; the message is one line that says why.

    Django turns it into its own `OperationalError`, like every error of psycopg.
    """
