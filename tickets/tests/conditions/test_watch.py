"""What the log says of conditions, whichever process looks."""

import logging
import threading
import time

import pytest
from django.db import connections

from tickets.models.housekeeping import Counter
from tickets.services.conditions import watch
from tickets.services.conditions.condition import Condition
from tickets.services.conditions.watch import ConditionWatch, tell_log

from .conftest import beat_only

pytestmark = pytest.mark.usefixtures("healthy")
DISK = Condition("disk", "/data has 3 MB left.", "Delete it.", subject="/data")
MAIL = Condition("mail_out", "mail:25: gone.", "Check it.")


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger=watch.__name__)
    return lambda: [event.getMessage() for event in caplog.records if event.name == watch.__name__]


def test_one_line_when_it_begins_and_one_when_it_ends(lines):
    for _ in range(4):
        tell_log([DISK, MAIL])
    assert lines() == [
        "condition disk /data began: A disk is nearly full. /data has 3 MB left. Delete it.",
        "condition mail_out began: Mail does not go out. mail:25: gone. Check it.",
    ]
    for _ in range(3):
        tell_log([MAIL])
    assert lines()[2:] == ["condition disk /data has ended"]


def test_a_restart_is_not_told(lines):
    for conditions in ([], [MAIL], [], [MAIL], []):
        tell_log(conditions)
    assert lines() == []


def test_processes_that_look_at_once_tell_once(lines):
    tell_log([DISK])
    start = threading.Barrier(4)

    def look():
        start.wait()
        tell_log([DISK])
        connections.close_all()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines()) == 1


class QuickWatch(ConditionWatch):
    pause, first_pause = 0.05, 0


def test_a_frozen_worker_is_told_by_the_thread_of_another_process(lines):
    beat_only("now() - interval '31 seconds'")
    with QuickWatch():
        deadline = time.monotonic() + 30
        while not lines():
            assert time.monotonic() < deadline
            Counter.objects.all().delete()  # the next ten seconds
            time.sleep(0.05)
    assert lines()[0].startswith("condition worker began: No worker is running, since 20")
