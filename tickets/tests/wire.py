"""What travels between the program and PostgreSQL."""

import tempfile
from contextlib import contextmanager

from django.db import connection

# After one of these messages the program waits for an answer.
WAITED_FOR = (b"Query", b"Sync", b"Flush")


@contextmanager
def round_trips():
    """Collect the messages that are waited for, BEGIN and COMMIT among them, as libpq sends them.

    Of each only the first line. The list is complete once the block has ended. Nothing else may use
    this thread's connection.
    """
    sent = []
    connection.ensure_connection()
    with tempfile.TemporaryFile() as trace:
        pgconn = connection.connection.pgconn
        pgconn.trace(trace.fileno())
        try:
            yield sent
        finally:
            pgconn.untrace()
            trace.seek(0)
            for line in trace:
                # Time, direction (F: from the program), length, kind, what it says.
                parts = line.rstrip().split(b"\t", 4)
                if len(parts) >= 4 and parts[1] == b"F" and parts[3] in WAITED_FOR:
                    text = parts[4].decode(errors="replace") if len(parts) > 4 else ""
                    sent.append(text.strip().strip('"'))
