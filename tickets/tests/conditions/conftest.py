"""A desk on which nothing is wrong."""

import pytest
from django.db import connection

from tickets.tests.worker import beat


def beat_only(heartbeat="now()"):
    """Be the only worker, whose last heartbeat is at that SQL time."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    beat(heartbeat)


@pytest.fixture
def healthy(transactional_db):
    beat()
