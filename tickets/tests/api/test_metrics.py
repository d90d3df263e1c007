"""`/metrics`: who may read it, and that it says what is so."""

import json
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client.parser import text_string_to_metric_families

from tickets.models.incoming import InboundMessage
from tickets.models.mail import Email
from tickets.services.triage.assessment import triage_ticket
from tickets.services.triage.shared_state import DatabaseSharedState
from tickets.tests.factories import AdminFactory, TicketFactory, TokenFactory
from tickets.tests.worker import beat
from tickets.vocabulary import InboundState, MailKind, MailState, Scope

from .client import CLASSIFY, TICKETS, Api, assert_problem

SECRET = "a token for Prometheus, and long enough"


@pytest.fixture
def operator(settings):
    settings.METRICS_TOKEN = SECRET
    return Api(SECRET)


def read(api):
    """Return each sample by its name and the values of its labels."""
    response = api.get("/metrics")
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_token_of_the_operator_opens_it_and_nothing_else(db, operator):
    assert read(operator)["desk_database_up",] == 1
    assert_problem(operator.get(TICKETS), 401, "authentication_required")


def test_an_admin_may_read_it_in_a_browser(db):
    api = Api()
    api.force_login(AdminFactory())
    assert read(api)["desk_database_up",] == 1


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper()])
def test_another_token_opens_nothing(db, operator, secret):
    response = Api().get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert_problem(response, 401, "authentication_required")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer  ", "Basic "])
def test_without_a_setting_no_token_is_that_of_the_operator(db, settings, header):
    settings.METRICS_TOKEN = ""
    response = Api().get("/metrics", headers={"Authorization": header})
    assert_problem(response, 401, "authentication_required")


def documented():
    """Return the labels of each metric in the table of docs/operations.md."""
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    rows = re.findall(r"^\| `(desk_\w+)` \|([^|]*)\|", text, re.M)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def test_each_metric_is_documented_with_its_labels_and_nothing_else(db, operator):
    DatabaseSharedState().count("classify", "llm", "gemini")
    DatabaseSharedState().charge(0.25, "gemini")
    text = operator.get("/metrics").content.decode()
    exported = re.findall(r"^# TYPE (\w+)", text, re.M)
    assert sorted(exported) == sorted(documented())
    for family in text_string_to_metric_families(text):
        total = "_total" if family.type == "counter" else ""
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == documented()[family.name + total], sample


def test_the_dashboard_asks_only_for_what_there_is():
    dashboard = json.loads((settings.BASE_DIR / "deploy/grafana.json").read_text())
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ]
    used = set()
    for query in queries:
        names = {re.sub("_bucket$", "", name) for name in re.findall(r"desk_\w+", query)}
        [name] = names
        groups = re.findall(r"by \(([^)]*)\)", query) + re.findall(r"(\w+)=?[!=~]+\"", query)
        labels = {label.strip() for group in groups for label in group.split(",")} - {"le"}
        assert labels <= documented()[name], query
        used.add(name)
    assert used == set(documented())


def difference(api, request):
    """Return what a request adds to the counts of this process, which other tests share."""
    before = read(api)
    request()
    after = read(api)
    changes = {name: value - before.get(name, 0) for name, value in after.items()}
    return {name: value for name, value in changes.items() if value}


def test_requests_are_counted_by_the_name_of_their_address(db, operator):
    ticket = TicketFactory()
    reader = Api(TokenFactory(scopes=[Scope.READ]).secret)

    def send():
        for number in (ticket.pk, ticket.pk + 1, ticket.pk + 2):
            reader.get(f"{TICKETS}{number}/")
        reader.generic("BREW", "/nowhere/1/")

    changes = difference(operator, send)
    assert changes["desk_requests_total", "GET", "api-ticket", "2xx"] == 1
    assert changes["desk_requests_total", "GET", "api-ticket", "4xx"] == 2
    assert changes["desk_requests_total", "other", "-", "4xx"] == 1
    assert changes["desk_request_duration_seconds_count", "api-ticket"] == 3
    assert changes["desk_request_duration_seconds_bucket", "+Inf", "api-ticket"] == 3
    assert 0 < changes["desk_request_duration_seconds_sum", "api-ticket"] < 60


def test_a_request_that_a_limit_refuses_is_counted(db, operator, settings):
    settings.SUGGEST_LIMIT = settings.SIGN_IN_LIMIT = 0

    def send():
        assert Api().send("POST", CLASSIFY, {"description": "x"}).status_code == 429
        values = {"username": "ada", "password": "wrong"}
        assert Client().post("/sign-in/", values).status_code == 429

    changes = difference(operator, send)
    assert changes["desk_refusals_total", "suggest"] == 1
    assert changes["desk_refusals_total", "sign-in"] == 1
    assert ("desk_refusals_total", "create") not in changes


def test_jobs_are_counted_by_queue_and_state_with_the_age_of_the_oldest(db, operator):
    queue = triage_ticket.queue
    assert read(operator)["desk_job_oldest_seconds", queue] == 0
    for number in range(4):
        triage_ticket.defer(ticket_id=number, text_digest="")
    first, second, *last = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = %s",
            [first],
        )
        later = (
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE id = %s"
        )
        cursor.execute(later, [second])
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = ANY (%s)", [last]
        )
    metrics = read(operator)
    assert metrics["desk_jobs", queue, "todo"] == 2
    assert metrics["desk_jobs", queue, "failed"] == 2
    assert metrics["desk_jobs", queue, "doing"] == 0
    assert 3600 <= metrics["desk_job_oldest_seconds", queue] < 3700
    with connection.cursor() as cursor:  # what is only planned does not wait
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id <> %s", [second])
    assert read(operator)["desk_job_oldest_seconds", queue] == 0


def test_mail_both_ways_is_counted_by_state(db, operator):
    ticket = TicketFactory(requester_email="kim@example.org")
    states = [MailState.WAITING, MailState.SENT, MailState.SENT]
    for number, state in enumerate(states):
        values = {"ticket": ticket, "kind": MailKind.REPLY, "state": state}
        Email.objects.create(event=f"reply {number}", **values)
    for number, state in enumerate([InboundState.STORED, InboundState.HANDLED]):
        InboundMessage.objects.create(sha256=f"{number:064}", raw=b"x", state=state)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_email SET created_at = now() - interval '10 minutes'")
        cursor.execute(
            "UPDATE tickets_inboundmessage SET received_at = now() - interval '20 minutes'"
        )
    metrics = read(operator)
    assert metrics["desk_mail_out", "waiting"] == 1
    assert metrics["desk_mail_out", "sent"] == 2
    assert 600 <= metrics["desk_mail_out_oldest_seconds",] < 700
    assert metrics["desk_mail_in", "stored"] == 1
    assert ("desk_mail_in", "handled") not in metrics
    assert 1200 <= metrics["desk_mail_in_oldest_seconds",] < 1300


def test_the_model_is_counted_by_outcome_and_provider_with_its_cost(db, operator):
    state = DatabaseSharedState()
    for outcome in ("llm", "llm", "deadline"):
        state.count("classify", outcome, "gemini")
    state.charge(0.25, "gemini")
    state.charge(0.5, "groq")
    metrics = read(operator)
    assert metrics["desk_model_questions_total", "llm", "gemini", "classify"] == 2
    assert metrics["desk_model_questions_total", "deadline", "gemini", "classify"] == 1
    assert metrics["desk_model_cost_dollars_total", "gemini"] == 0.25
    assert metrics["desk_model_cost_dollars_total", "groq"] == 0.5


def test_tickets_that_wait_and_workers_that_are_alive_are_counted(db, operator):
    before = read(operator)
    TicketFactory()
    TicketFactory(status="closed")
    beat()
    beat("now() - interval '1 hour'")
    metrics = read(operator)
    assert (before["desk_condition", "worker"], metrics["desk_condition", "worker"]) == (1, 0)
    assert metrics["desk_condition", "mail_in"] == 0
    assert metrics["desk_tickets", "open"] == before["desk_tickets", "open"] + 1
    assert metrics["desk_tickets", "closed"] == before["desk_tickets", "closed"] + 1
    assert metrics["desk_tickets_waiting",] == before["desk_tickets_waiting",] + 1
    assert metrics["desk_workers",] == 1
    assert metrics["desk_database_sessions", "active"] >= 1


def test_what_the_database_does_not_say_is_left_out(db, operator):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE procrastinate_jobs RENAME COLUMN queue_name TO elsewhere")
    metrics = read(operator)
    assert metrics["desk_database_up",] == 0
    assert ("desk_refusals_total", "create") in metrics
    assert not any(name[0] == "desk_tickets" for name in metrics)
