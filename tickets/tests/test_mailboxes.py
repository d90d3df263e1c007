"""Which mailbox an address belongs to, the one of INBOX_URL, and which ones fail."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from config.environment.inbox import inbox_url
from tickets.models.incoming import Mailbox, MailboxFetch
from tickets.services.mail.mailboxes import (
    apply_environment,
    fetchable,
    mailbox_of,
    password_of,
    troubles,
)

pytestmark = pytest.mark.django_db

URL = "imaps://support%40example.org:secret@imap.example.org"


def create(name, **values):
    defaults = {"address": f"{name}@example.org", "host": "imap.example.org"}
    return Mailbox.objects.create(name=name, **defaults | values)


@pytest.mark.parametrize(
    "address",
    ["support@example.org", "Support@EXAMPLE.org", "support+t1.abc@example.org"],
)
def test_an_address_finds_its_mailbox(address):
    row = create("support")
    assert mailbox_of(address) == row


@pytest.mark.parametrize(
    "address", ["sales@example.org", "support@example.com", "support", "", "a@b..c", "@"]
)
def test_other_addresses_find_none(address):
    create("support")
    create("sales", is_active=False)
    assert mailbox_of(address) is None


# --- INBOX_URL --------------------------------------------------------------------------


def apply(settings, url):
    settings.INBOX_URL = inbox_url(url) if url else None
    return apply_environment()


def test_it_sets_up_a_mailbox_whose_password_is_not_stored(settings):
    row = apply(settings, f"{URL}/Support")
    assert (row.name, row.address) == ("support@example.org", "support@example.org")
    assert (row.host, row.port, row.security) == ("imap.example.org", 993, "tls")
    assert (row.username, row.folder) == ("support@example.org", "Support")
    assert (row.from_environment, row.password, password_of(row)) == (True, "", "secret")
    assert list(fetchable()) == [row]


def test_its_address_is_the_one_given_or_that_of_email_from(settings):
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@example.org>"
    plain = "imaps://support:secret@imap.example.org"
    assert apply(settings, f"{plain}?address=help@example.org").address == "help@example.org"
    assert apply(settings, plain).address == "desk@example.org"


def test_applying_it_again_changes_nothing(settings):
    row = apply(settings, URL)
    MailboxFetch.objects.create(mailbox=row, uid_validity=7, last_uid=9)
    Mailbox.objects.update(name="Renamed", authserv_id="mx.example.org")
    again = apply(settings, URL)
    assert (again.pk, again.name, again.authserv_id) == (row.pk, "Renamed", "mx.example.org")
    assert again.fetch_since == row.fetch_since
    assert MailboxFetch.objects.get().last_uid == 9


def test_another_server_is_counted_anew(settings):
    row = apply(settings, URL)
    now = timezone.now()
    MailboxFetch.objects.create(mailbox=row, uid_validity=7, last_uid=9, next_attempt_at=now)
    apply(settings, URL.replace("secret@imap", "other@imap2"))
    fetch = MailboxFetch.objects.get()
    assert (fetch.uid_validity, fetch.last_uid, fetch.next_attempt_at) == (None, 0, None)


def test_from_when_on_it_is_fetched(settings):
    new = apply(settings, URL).fetch_since
    assert timedelta(hours=23) < timezone.now() - new < timedelta(hours=25)
    midnight = datetime(2026, 1, 31, tzinfo=UTC)
    assert apply(settings, f"{URL}?since=2026-01-31").fetch_since == midnight
    assert apply(settings, URL).fetch_since == midnight
    assert apply(settings, f"{URL}?since=all").fetch_since is None


def test_a_mailbox_of_the_back_office_with_its_address_becomes_it(settings):
    row = create("support", host="", password="other")
    assert apply(settings, URL) == row
    row.refresh_from_db()
    assert (row.name, row.password, password_of(row)) == ("support", "", "secret")


def test_without_it_or_with_another_address_the_former_one_is_deactivated(settings):
    former = apply(settings, URL)
    other = apply(settings, URL.replace("support", "help"))
    former.refresh_from_db()
    assert (former.is_active, former.from_environment) == (False, False)
    assert password_of(former) == ""
    assert apply(settings, "") is None
    other.refresh_from_db()
    assert not other.is_active
    assert apply(settings, URL).pk == former.pk


# --- trouble ----------------------------------------------------------------------------


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_a_mailbox_that_works_is_no_trouble():
    MailboxFetch.objects.create(
        mailbox=create("a", created_at=ago(days=3)),
        last_success_at=ago(minutes=20),
        lease_until=ago(seconds=40),  # its worker is started again
    )
    create("b")
    create("by-pipe", host="", created_at=ago(days=3))
    create("off", is_active=False, created_at=ago(days=3))
    assert troubles() == []


def test_a_failure_is_named_after_twenty_seconds():
    row = create("a")
    fetch = MailboxFetch.objects.create(
        mailbox=row, failing_since=ago(seconds=10), error="No.", lease_until=timezone.now()
    )
    assert troubles() == []
    MailboxFetch.objects.update(failing_since=ago(seconds=30))
    fetch.refresh_from_db()
    [trouble] = troubles()
    assert (trouble.mailbox, trouble.since, trouble.error) == (row, fetch.failing_since, "No.")


def test_a_mailbox_that_no_worker_fetches_is_named_after_a_minute():
    create("never", created_at=ago(seconds=70))
    create("new", created_at=ago(seconds=40))
    values = {"last_success_at": ago(minutes=2), "failing_since": ago(minutes=90), "error": "No."}
    left = MailboxFetch.objects.create(
        mailbox=create("left", created_at=ago(days=1)), lease_until=ago(seconds=70), **values
    )
    MailboxFetch.objects.create(mailbox=create("earlier", created_at=ago(days=1)))  # release 0.4.0
    rows = {row.mailbox.name: row for row in troubles()}
    assert {name: row.error for name, row in rows.items()} == dict.fromkeys(
        ["never", "left", "earlier"], ""
    )
    assert rows["left"].since == left.lease_until


def test_a_mailbox_whose_thread_hangs_is_named():
    row = create("hangs", created_at=ago(days=1))
    MailboxFetch.objects.create(
        mailbox=row, lease_until=timezone.now(), last_success_at=ago(minutes=50)
    )
    [trouble] = troubles()
    assert (trouble.mailbox, trouble.error) == (row, "")
