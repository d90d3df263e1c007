"""What the database weighs."""

import pytest
from django.db import connection

from bench import space
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


def test_tables_and_their_indexes_add_up():
    TicketFactory()
    table = next(table for table in space.tables() if table.name == "tickets_ticket")
    own = [index for index in space.indexes() if index.table == "tickets_ticket"]
    assert table.index_bytes == sum(index.size for index in own) > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('tickets_ticket')")
        assert cursor.fetchone() == (table.rows_bytes + table.index_bytes,)


def test_it_prints_bytes_per_ticket(capsys):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_ticket (title, description, created_at, updated_at, link_nonce)"
            " SELECT 'Hello', 'How are you?', now(), now(), '' FROM generate_series(1, 2000)"
        )
        cursor.execute("ANALYZE tickets_ticket")
    space.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2,000 tickets"
    [ticket] = [line.split() for line in lines if line.startswith("tickets_ticket ")]
    rows, index_bytes, together = map(int, ticket[1:])
    assert 100 < rows < 2000
    assert abs(rows + index_bytes - together) <= 1
    assert any(line.startswith("ticket_newest_first") for line in lines)


def test_a_desk_without_tickets_is_told(capsys):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")
    space.main()
    assert capsys.readouterr().out.startswith("There are too few tickets")
