"""Only one process fetches a mailbox, and failures make it wait."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.models.incoming import Mailbox, MailboxFetch
from tickets.services.mail.imap import lease
from tickets.services.mail.imap.lease import Lease, LeaseLost, new_owner
from tickets.services.mail.imap.problems import MailboxProblem

pytestmark = pytest.mark.django_db


@pytest.fixture
def pk():
    return Mailbox.objects.create(name="a", address="a@example.org", host="imap.example.org").pk


@pytest.fixture
def other():
    """Return the owner's name of another process of this machine that runs."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield new_owner().replace(f":{os.getpid()}:", f":{process.pid}:")
        process.communicate(b"\n")


def expire():
    MailboxFetch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_second_process_waits_until_the_lease_is_released_or_has_expired(pk, other):
    mine = Lease(pk, new_owner())
    assert Lease(pk, other).acquire()
    assert not mine.acquire()
    Lease(pk, other).release()
    assert mine.acquire()
    assert mine.acquire()  # again
    assert not Lease(pk, other).acquire()
    expire()
    assert Lease(pk, other).acquire()


def test_a_process_of_another_machine_is_believed_to_be_alive(pk):
    assert Lease(pk, "elsewhere:1:abcd").acquire()
    assert not Lease(pk, new_owner()).acquire()


def test_a_dead_process_of_this_machine_does_not_keep_it(pk, other):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    dead = new_owner().replace(f":{os.getpid()}:", f":{process.pid}:")
    assert Lease(pk, dead).acquire()
    assert Lease(pk, other).acquire()


def test_a_restarted_container_has_its_own_number_again(pk):
    assert Lease(pk, new_owner()).acquire()
    assert Lease(pk, new_owner()).acquire()


def test_it_is_renewed_for_its_owner_only(pk, other):
    owner = new_owner()
    assert Lease(pk, owner).acquire()
    expire()
    lease.renew(other, [pk])
    assert MailboxFetch.objects.get().lease_until < timezone.now()
    lease.renew(owner, [])
    assert MailboxFetch.objects.get().lease_until < timezone.now()
    lease.renew(owner, [pk])
    assert MailboxFetch.objects.get().lease_until > timezone.now() + timedelta(seconds=10)


def test_whoever_has_lost_it_changes_nothing(pk, other):
    mine = Lease(pk, new_owner())
    assert mine.acquire()
    expire()
    assert Lease(pk, other).acquire()
    with pytest.raises(LeaseLost):
        mine.advance(5)
    with pytest.raises(LeaseLost):
        mine.note_success()
    with pytest.raises(LeaseLost):
        mine.row()
    mine.release()
    fetch = MailboxFetch.objects.get()
    assert (fetch.last_uid, fetch.lease_owner) == (0, other)


def test_failures_wait_longer_and_longer_and_a_success_ends_them(pk):
    mine = Lease(pk, new_owner())
    assert mine.acquire()
    waits, since = [], set()
    for _ in range(6):
        mine.note_failure(MailboxProblem("No."))
        fetch = MailboxFetch.objects.get()
        waits.append(mine.seconds_to_wait())
        since.add(fetch.failing_since)
    expected = [5, 15, 60, 300, 900, 900]
    assert all(0.7 * e < wait < 1.3 * e for wait, e in zip(waits, expected, strict=True))
    assert (fetch.failures, fetch.error, len(since)) == (6, "No.", 1)
    mine.note_success()
    fetch = MailboxFetch.objects.get()
    assert (fetch.failures, fetch.failing_since, fetch.error) == (0, None, "")
    assert fetch.last_success_at is not None
    assert mine.seconds_to_wait() == 0


def test_a_wrong_password_is_not_tried_again_soon(pk):
    mine = Lease(pk, new_owner())
    assert mine.acquire()
    mine.note_failure(MailboxProblem("Refused.", is_refused=True))
    assert mine.seconds_to_wait() > 200


def test_a_complaint_does_not_stop_fetching(pk):
    mine = Lease(pk, new_owner())
    assert mine.acquire()
    mine.note_success("It cannot be moved.")
    fetch = MailboxFetch.objects.get()
    assert (fetch.failures, fetch.error) == (1, "It cannot be moved.")
    assert fetch.failing_since is not None
    assert fetch.last_success_at is not None
    assert mine.seconds_to_wait() == 0
