"""The jobs, run by a real worker on the tests' database."""

import json
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM, Actor
from tickets.models.housekeeping import Counter
from tickets.models.mail import Email
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, Prediction, TriageModel
from tickets.services import tickets
from tickets.services.mail.delivery import send_email
from tickets.services.rescue import retry_stalled
from tickets.services.triage.assessment import encode_ticket, triage_ticket
from tickets.services.triage.feedback import retrain_job
from tickets.tests.factories import TicketFactory
from tickets.tests.worker import stall, work
from tickets.vocabulary import MailKind, PredictionUse, Source
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"title": "Charged", "description": "You charge me twice. This is ridiculous, really."}


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_with_an_empty_queue(turn):
    assert not ProcrastinateJob.objects.exists()
    triage_ticket.defer(ticket_id=0, text_digest=turn)


def test_the_clock_queues_no_jobs_of_its_own(monkeypatch):
    full_hour = timezone.now().replace(hour=3, minute=0, second=1).timestamp()
    monkeypatch.setattr("procrastinate.periodic.time", Mock(time=lambda: full_hour))
    newest = Coalesce(Max("id"), 0)
    triage_ticket.defer(ticket_id=0, text_digest="")
    before = ProcrastinateJob.objects.aggregate(id=newest)
    work()
    triage_ticket.defer(ticket_id=0, text_digest="")
    assert ProcrastinateJob.objects.aggregate(id=newest)["id"] == before["id"] + 1


def test_a_job_whose_worker_was_killed_is_run_by_another():
    triage_ticket.defer(ticket_id=0, text_digest="")
    job = ProcrastinateJob.objects.get()
    stall(job)
    retry_stalled.defer(timestamp=0)
    work()
    work()
    assert not ProcrastinateJob.objects.filter(pk=job.pk).exists()  # finished jobs are deleted


def test_a_stalled_job_whose_successor_waits_gives_way_to_it():
    """Both may not wait under one queueing lock; the dead one must not keep the other's lock."""
    retrain_job.defer(timestamp=0)
    stall(ProcrastinateJob.objects.get())
    retrain_job.defer(timestamp=1)
    retry_stalled.defer(timestamp=0)
    work()
    work()
    assert not ProcrastinateJob.objects.filter(task_name=retrain_job.name).exists()


def test_a_flood_of_tickets_to_encode_does_not_hold_up_emails():
    for number in range(3):
        tickets.create_ticket(TEXT | {"requester_email": f"{number}@example.org"}, SYSTEM)
    in_order = ProcrastinateJob.objects.order_by("-priority", "pk")  # as a worker takes them
    names = list(in_order.values_list("task_name", flat=True))
    assert names[:3] == [send_email.name] * 3
    assert names[3:] == [encode_ticket.name] * 3


# --- jobs that release 0.1 has queued ---------------------------------------------------


def queue_job(name, queue, **arguments):
    """Store a job as release 0.1 did: with the names of its time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, %s, %s)",
            [queue, f"tickets.tasks.{name}", json.dumps(arguments)],
        )


def run_queued_job():
    work()
    assert not ProcrastinateJob.objects.exists()  # it neither failed nor waits for a retry


@pytest.fixture
def model(settings):
    settings.LLM_TIMEOUT = 60.0
    with FakeLLM() as server:
        settings.GEMINI_BASE_URL = server.url
        settings.GROQ_BASE_URL = f"{server.url}/v1"
        yield server


def create_ticket(**values):
    return tickets.create_ticket(TEXT | values, Actor("anonymous"))


def test_release_0_1_has_queued_no_job_that_is_unknown_now():
    names = ("triage_ticket", "shadow_triage", "send_email", "learn", "refit", "purge")
    for name in (*names, "retry_stalled"):
        assert f"tickets.tasks.{name}" in app.tasks


@pytest.mark.parametrize(
    ("names", "decided"),
    [
        (["category", "priority", "tone"], ["category", "priority", "sentiment"]),
        (["tone"], ["sentiment"]),
    ],
)
def test_its_triage_job_still_runs(model, settings, names, decided):
    ticket = create_ticket()
    settings.GEMINI_API_KEY = "test-key"
    digest = ticket.text_digest()
    queue_job("triage_ticket", "triage", ticket_id=ticket.pk, text_digest=digest, names=names)
    run_queued_job()
    assert Ticket.objects.get().decided_by(Source.LLM) == decided


def test_its_shadow_job_still_runs(model, settings):
    ticket = create_ticket()
    settings.TRIAGE_SHADOW, settings.GROQ_API_KEY = "groq:openai/gpt-oss-120b", "test-key"
    queue_job("shadow_triage", "triage", ticket_id=ticket.pk, text_digest=ticket.text_digest())
    run_queued_job()
    assert Prediction.objects.filter(use=PredictionUse.SHADOW).count() == 4


def test_its_learning_job_still_runs():
    ticket = create_ticket()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    clear_queue()
    row = Feedback.objects.get()
    queue_job("learn", "learning", lesson_id=row.pk)
    run_queued_job()
    row.refresh_from_db()
    assert row.learned_at is not None


@pytest.mark.parametrize("arguments", [{"timestamp": 0}, {"timestamp": 0, "only_if_needed": False}])
def test_its_retraining_job_still_runs(arguments):
    ticket = create_ticket()
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    clear_queue()
    queue_job("refit", "learning", **arguments)
    run_queued_job()
    assert TriageModel.objects.get(field="category").feedback_count == 1


def test_its_mail_job_still_runs(mail_server):
    ticket = TicketFactory(requester_email="kim@example.org")
    email = Email.objects.create(ticket=ticket, kind=MailKind.RECEIVED, event="received")
    queue_job("send_email", "mail", email_id=email.pk, ticket_id=ticket.pk)
    run_queued_job()
    assert len(mail_server.messages) == 1


def test_its_purging_job_still_runs():
    Counter.objects.hit("x", limit=1, seconds=60)
    Counter.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    queue_job("purge", "housekeeping", timestamp=0)
    run_queued_job()
    assert not Counter.objects.exists()


def test_its_job_that_retries_stalled_jobs_still_runs():
    queue_job("triage_ticket", "triage", ticket_id=0, text_digest="")
    stall(ProcrastinateJob.objects.get())
    queue_job("retry_stalled", "housekeeping", timestamp=0)
    work()
    run_queued_job()


def clear_queue():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
