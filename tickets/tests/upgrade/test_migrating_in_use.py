"""Other servers go on writing tickets while one migrates."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings

from .database import Database
from .desk import UpgradedDesk
from .releases import DUMPS

WRITERS = 3
COPIES = 40  # of each ticket of the dump, so that a migration takes a while
# What each row needs: its columns without a default. Those are in every release.
REQUIRED = """
    SELECT column_name FROM information_schema.columns
    WHERE table_name = 'tickets_ticket' AND is_nullable = 'NO' AND column_default IS NULL
    AND identity_generation IS NULL AND is_generated = 'NEVER'
"""
STATUSES = ("open", "in_progress", "resolved", "closed")
COUNTED = "FROM tickets_ticket WHERE NOT spam AND merged_into_id IS NULL"


class Writer:
    """Creates, changes and deletes tickets by one connection, with the desk's own lock timeout.

    `statuses` are those of its tickets, by their ids.
    """

    def __init__(self, database, number, columns):
        self.database, self.number, self.statuses = database, number, {}
        names = ", ".join(columns)
        values = ", ".join("%(title)s" if name == "title" else name for name in columns)
        self.insert = (
            f"INSERT INTO tickets_ticket ({names}) SELECT {values} FROM tickets_ticket"
            " WHERE id = %(like)s RETURNING id, status"
        )

    def write_until(self, stop, like):
        with self.database.connected(f"-c lock_timeout={settings.DB_LOCK_TIMEOUT_MS}") as desk:
            turn = 0
            while not stop.is_set():
                turn += 1
                title = f"meanwhile{self.number}turn{turn}"
                row = desk.execute(self.insert, {"title": title, "like": like}).fetchone()
                self.statuses[row[0]] = row[1]
                oldest, status = next(iter(self.statuses)), STATUSES[turn % len(STATUSES)]
                desk.execute(
                    "UPDATE tickets_ticket SET status = %s, version = version + 1 WHERE id = %s",
                    [status, oldest],
                )
                self.statuses |= {oldest: status}
                if turn % 3 == 0:
                    desk.execute("DELETE FROM tickets_ticket WHERE id = %s", [oldest])
                    del self.statuses[oldest]


@contextmanager
def writing(database, like):
    """Write tickets meanwhile. Yield the writers. An error of one of them is raised in the end."""
    columns = [row["column_name"] for row in database.query(REQUIRED)]
    writers = [Writer(database, number, columns) for number in range(WRITERS)]
    stop = threading.Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        runs = [threads.submit(writer.write_until, stop, like) for writer in writers]
        try:
            yield writers
        finally:
            stop.set()
    for run in runs:
        run.result()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    dump = DUMPS[0]
    with Database.restored(dump.path) as database:
        columns = [row["column_name"] for row in database.query(REQUIRED)]
        names = ", ".join(columns)
        database.query(
            f"INSERT INTO tickets_ticket ({names}) SELECT {names} FROM tickets_ticket,"
            f" generate_series(1, {COPIES})"
        )
        yield UpgradedDesk(database, dump.values["secret_key"], tmp_path_factory.mktemp("data"))


def statistics(api):
    """Return the numbers of tickets by status that the desk states."""
    return api.get("/api/tickets/stats/").json()["status_breakdown"]


@pytest.mark.parametrize("way", ["forwards", "backwards and forwards again"])
def test_tickets_are_written_while_the_desk_migrates(desk, way):
    database = desk.database
    like = database.value(f"SELECT min(id) {COUNTED}")
    with writing(database, like) as writers:
        if way != "forwards":
            desk.manage("migrate", "tickets", DUMPS[0].last_migration, "--verbosity", "0")
        desk.manage("migrate", "--verbosity", "0")
    expected = {number: status for writer in writers for number, status in writer.statuses.items()}
    assert all(writer.statuses for writer in writers)
    stored = database.query(
        "SELECT id, status FROM tickets_ticket WHERE id = ANY(%s)", list(expected)
    )
    assert {row["id"]: row["status"] for row in stored} == expected
    desk.manage("procrastinate", "worker", "--one-shot", TRIAGE_ENCODER="0")
    with desk.served():
        api = desk.visitor(token=DUMPS[0].values["tokens"]["usable"])
        rows = database.query(f"SELECT status, count(*) {COUNTED} GROUP BY 1")
        assert statistics(api) == {row["status"]: row["count"] for row in rows}
        for writer in writers:
            newest = max(writer.statuses)
            title = database.value("SELECT title FROM tickets_ticket WHERE id = %s", newest)
            listed = api.get(f"/api/tickets/?search={title}").json()
            assert newest in {ticket["id"] for ticket in listed}
