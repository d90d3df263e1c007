"""What the database itself says about writes: in any table, by whatever way."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# This transaction's: rolled back or not, by triggers or not.
WRITES = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
# How often something was tried. That is what a refusal leaves.
COUNTED = {"tickets_counter", "axes_accessattempt", "axes_accessfailurelog"}


def written() -> dict[str, int]:
    """Return how many rows this transaction has written, by table, attempts aside."""
    with connection.cursor() as cursor:
        cursor.execute(WRITES)
        return {table: rows for table, rows in cursor.fetchall() if table not in COUNTED}


@contextmanager
def nothing_written() -> Iterator[None]:
    """Assert that the requests in this block, all in this transaction, write no row anywhere."""
    before = written()
    yield
    assert written() == before
