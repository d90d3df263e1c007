"""Each condition: when it is there, what it says, and when it is gone."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.housekeeping import Counter
from tickets.models.incoming import Mailbox, MailboxFetch
from tickets.models.mail import Email
from tickets.services import tickets
from tickets.services.backup.age import last_backup_at
from tickets.services.conditions.current import current
from tickets.services.mail import server
from tickets.services.mail.delivery import deliver
from tickets.triage import engine
from tools.fake_llm import FakeLLM

from .conftest import beat_only

pytestmark = pytest.mark.usefixtures("healthy")


TICKET = {"title": "Charged twice", "description": "You charge me twice for one invoice."}


def names():
    return [each.name for each in current()]


def test_a_healthy_desk_has_none():
    assert current() == []


def test_a_desk_asks_a_bounded_number_of_statements(settings, mail_server):
    settings.GEMINI_API_KEY, settings.HTTPS = "a-key", True
    with CaptureQueriesContext(connection) as queries:
        current()
    assert len(queries) <= 8


@pytest.mark.parametrize(
    ("heartbeat", "expected"),
    [
        ("now() - interval '25 seconds'", []),
        ("now() - interval '31 seconds'", ["worker"]),
        ("now() + interval '1 hour'", ["worker"]),  # the clock was set back meanwhile
    ],
)
def test_a_worker_that_shows_no_sign_of_life(heartbeat, expected):
    beat_only(heartbeat)
    assert names() == expected


def test_no_worker_at_all():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    [condition] = current()
    assert condition.name == "worker"
    assert condition.since is None
    assert "docker compose restart worker" in condition.advice


def look_again():
    """Look at the mail server as after half a minute."""
    Counter.objects.all().delete()
    server.look_at_server()


def test_a_mail_server_that_is_away_and_comes_back(mail_server):
    look_again()
    assert current() == []
    mail_server.stop()
    look_again()
    [condition] = current()
    assert condition.name == "mail_out"
    assert f"127.0.0.1:{mail_server.port}" in condition.text
    assert condition.text.endswith(": Connection refused.")
    look_again()
    assert current() == [condition], "the time is that of the first failure"
    mail_server.start()
    look_again()
    assert current() == []


def test_it_is_not_asked_more_often_than_twice_a_minute(mail_server):
    for _ in range(5):
        server.look_at_server()
    assert mail_server.connections <= 2  # one window may have just ended


def test_a_sign_in_that_is_refused_lasts_until_one_works(settings, mail_server):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk", "wrong"
    look_again()
    assert current() == [], "nobody has signed in yet"
    tickets.create_ticket(TICKET | {"requester_email": "kim@example.org"}, SYSTEM)
    assert not deliver(Email.objects.get().pk)
    [condition] = current()
    assert condition.name == "mail_out"
    assert "AUTH" in condition.text
    look_again()
    assert names() == ["mail_out"]
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    look_again()
    assert current() == []


def failing_mailbox(seconds):
    mailbox = Mailbox.objects.create(name="Support", address="support@example.org", host="imap")
    now = timezone.now()
    MailboxFetch.objects.create(
        mailbox=mailbox,
        lease_until=now + timedelta(minutes=1),
        lease_owner="a",
        failing_since=now - timedelta(seconds=seconds),
        error="imap refuses connections on port 993.",
    )


def test_a_mailbox_that_is_not_reached():
    failing_mailbox(seconds=21)
    [condition] = current()
    assert condition.key == "mail_in support@example.org"
    assert "refuses connections" in condition.text


def test_a_mail_server_that_restarts_is_none():
    failing_mailbox(seconds=10)
    assert current() == []


def test_without_a_worker_no_mailbox_is_blamed():
    beat_only("now() - interval '5 minutes'")
    long_ago = timezone.now() - timedelta(hours=1)
    Mailbox.objects.create(
        name="Support", address="support@example.org", host="imap", created_at=long_ago
    )
    assert names() == ["worker"]


def test_a_model_that_does_not_answer(settings):
    settings.GEMINI_API_KEY, settings.LLM_TIMEOUT = "a-key", 5.0
    with FakeLLM() as model:
        settings.GEMINI_BASE_URL = model.url
        model.control(fault="401")
        engine.classify(**TICKET)
    [condition] = current()
    assert condition.name == "model"
    assert "check GEMINI_API_KEY" in condition.advice


def test_a_disk_with_too_little_room(settings):
    settings.MIN_FREE_DISK_MB = 10**9
    conditions = current()
    assert conditions
    assert {each.name for each in conditions} == {"disk"}
    assert conditions[0].subject == str(settings.DATA_DIR)
    assert "left of" in conditions[0].text


def days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "limit", "expected"), [(1, 2, []), (3, 2, ["backup"]), (9, 0, [])]
)
def test_a_backup_that_is_too_old(settings, days, limit, expected):
    settings.BACKUP_MAX_AGE_DAYS = limit
    caches["desk"].set("backup", days_ago(days))
    assert names() == expected


def set_up(at):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = %s", [at])


@pytest.fixture
def age():
    """Return a function that makes the database some days old."""
    yield lambda days: set_up(days_ago(days))
    set_up(timezone.now())


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("days", [1, 3])
def test_a_desk_without_a_backup(settings, age, published, days):
    """One for its owner's machine is not nagged at, nor is a published one in its first days."""
    settings.ALLOWED_HOSTS, settings.HTTPS = ["localhost"], published
    age(days)
    assert names() == (["backup"] if published and days == 3 else [])


def test_a_backup_is_noted_once_it_is_complete(tmp_path):
    call_command("backup", str(tmp_path / "desk.backup"))
    assert timezone.now() - last_backup_at() < timedelta(minutes=1)
