"""Background jobs in the back office."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import capfirst
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import REQUESTER
from tickets.services import tickets
from tickets.services.mail import outbox
from tickets.tests.factories import UserFactory

from .conftest import signed_in

LIST = "/admin/procrastinate/procrastinatejob/"


def make(task="triage_ticket", queue="triage", **arguments):
    number = app.configure_task(f"tickets.tasks.{task}", queue=queue).defer(**arguments)
    return ProcrastinateJob.objects.get(pk=number)


def become(job, *states):
    """Set the states in SQL, because the library's models cannot be saved."""
    with connection.cursor() as cursor:
        for state in states:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [state, job.pk]
            )


@pytest.fixture
def job(db):
    return make(ticket_id=7, text_digest="<b>digest</b>")


def act(client, action, *jobs):
    selected = [job.pk for job in jobs]
    data = {"action": action, "index": "0", "_selected_action": selected}
    response = client.post(LIST, data, follow=True)
    return [notice.text for notice in response.context["notices"]]


def states(*jobs):
    return [ProcrastinateJob.objects.get(pk=job.pk).status for job in jobs]


def test_a_job_is_described_in_plain_english(admin, job):
    for path in (LIST, f"{LIST}{job.pk}/change/"):
        html = admin.get(path).content.decode()
        assert "Ask the model about a ticket" in html
        assert ">Ticket #7</a>" in html
        assert "Waiting</span>" in html
        assert "procrastinate job" not in html.lower()
        assert not re.search(r"\sstyle=", html)


def test_every_task_has_a_description(admin):
    names = [name for name, task in app.tasks.items() if task.queue != "builtin"]
    assert len(names) >= 7
    for name in names:
        app.configure_task(name, queueing_lock=name).defer()
    html = admin.get(LIST).content.decode()
    for name in names:
        undescribed = capfirst(name.rpartition(".")[2].replace("_", " "))
        assert f">{undescribed}</a>" not in html, name


def test_a_task_without_a_description_has_its_name(admin):
    make("send_postcard", number=3)
    assert "Send postcard" in admin.get(LIST).content.decode()


def test_a_jobs_arguments_are_escaped(admin, job):
    html = admin.get(f"{LIST}{job.pk}/change/").content.decode()
    assert "&lt;b&gt;digest" in html
    assert "<b>digest" not in html


def test_a_jobs_page_shows_its_events_and_where_to_find_the_error(admin, job):
    become(job, "doing", "failed")
    html = admin.get(f"{LIST}{job.pk}/change/").content.decode()
    events = re.findall(r"</time></th><td>([^<]+)</td>", html)
    assert events[-1] == "Created"
    assert "Failed" in events
    assert f"triage_ticket[{job.pk}]" in html


def events_of(admin, job):
    html = admin.get(f"{LIST}{job.pk}/change/").content.decode()
    return re.findall(r"</time></th><td>([^<]+)</td>", html)


def test_a_jobs_page_names_who_retried_and_who_cancelled_it(admin, admin_user, job):
    become(job, "doing", "failed")
    act(admin, "retry", job)
    act(admin, "cancel", job)
    name = admin_user.username
    assert events_of(admin, job)[:3] == [f"Cancelled by {name}", f"Retried by {name}", "Failed"]
    html = admin.get("/admin/").content.decode()
    assert f"Ask the model about a ticket, number {job.pk}" in html
    assert ">Job, " in html


def test_an_automatic_retry_is_one_event_at_the_time_it_happened(admin, job):
    become(job, "doing")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = %s WHERE id = %s",
            [timezone.now() + timedelta(days=400), job.pk],
        )
    assert events_of(admin, job) == ["Failed, will be retried", "Started", "Created"]
    html = admin.get(f"{LIST}{job.pk}/change/").content.decode()
    year = (timezone.now() + timedelta(days=400)).year
    assert f" {year}, " not in html.partition(">History</h2>")[2]


def test_jobs_are_filtered_by_state_and_queue(admin, job):
    for query, expected in {
        "status=todo": [job],
        "status=failed": [],
        "queue_name=triage": [job],
        "queue_name=mail": [],
    }.items():
        assert list(admin.get(f"{LIST}?{query}").context["cl"].result_list) == expected


def test_the_queue_filter_reads_no_jobs(admin, job):
    with CaptureQueriesContext(connection) as queries:
        html = admin.get(LIST).content.decode()
    assert not [query for query in queries if "DISTINCT" in query["sql"]]
    assert "?queue_name=housekeeping" in html


def test_a_waiting_job_can_be_cancelled(admin, job):
    assert act(admin, "cancel", job) == ["Cancelled: 1 job."]
    assert states(job) == ["cancelled"]


def test_an_email_whose_job_is_cancelled_does_not_wait_forever(admin):
    ticket = tickets.create_ticket(
        {"title": "Invoice", "description": "It is wrong.", "requester_email": "kim@example.org"},
        REQUESTER,
    )
    act(admin, "cancel", *ProcrastinateJob.objects.filter(queue_name="mail"))
    email = ticket.emails.get()
    assert (email.state, email.error) == ("failed", "Its job was cancelled.")
    assert outbox.resend_email(email)
    assert ProcrastinateJob.objects.filter(queue_name="mail", status="todo").count() == 1


def test_a_job_that_failed_can_be_retried(admin, job):
    become(job, "doing", "failed")
    assert act(admin, "retry", job) == ["Retried: 1 job."]
    assert states(job) == ["todo"]


def test_jobs_in_another_state_are_skipped(admin, job):
    running, failed = make(ticket_id=8), make(ticket_id=9)
    become(running, "doing")
    become(failed, "doing", "failed")
    assert act(admin, "retry", job, running, failed) == [
        "Retried: 1 job. Skipped, had not failed: 2 jobs."
    ]
    become(failed, "doing", "failed")
    assert act(admin, "cancel", job, running, failed) == [
        "Cancelled: 1 job. Skipped, not waiting: 2 jobs."
    ]
    assert states(job, running, failed) == ["cancelled", "doing", "failed"]


def test_a_job_cannot_be_retried_while_an_equal_one_waits(admin):
    purge = app.configure_task("tickets.tasks.purge", queueing_lock="purge")
    failed = ProcrastinateJob.objects.get(pk=purge.defer(timestamp=1))
    become(failed, "doing", "failed")
    purge.defer(timestamp=2)
    assert act(admin, "retry", failed) == ["Retried: 0 jobs. Already taken or waiting: 1 job."]
    assert states(failed) == ["failed"]


@pytest.mark.parametrize(
    ("state", "offered"), [("todo", ["cancel"]), ("failed", ["retry"]), ("doing", [])]
)
def test_a_jobs_page_offers_the_actions_for_its_state(admin, job, state, offered):
    become(job, *(["doing", "failed"] if state == "failed" else [state]))
    html = admin.get(f"{LIST}{job.pk}/change/").content.decode()
    assert re.findall(r'name="action" value="(\w+)"', html) == offered


def test_a_reader_acts_on_nothing(job):
    reader = UserFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_procrastinatejob"))
    client = signed_in(reader)
    assert 'value="cancel"' not in client.get(f"{LIST}{job.pk}/change/").content.decode()
    act(client, "cancel", job)
    assert states(job) == ["todo"]


def test_a_job_cannot_be_changed_by_hand(admin, job):
    path = f"{LIST}{job.pk}/"
    assert admin.post(f"{path}change/", {"status": "succeeded"}).status_code == 403
    assert admin.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LIST}add/", {}).status_code == 403
    assert states(job) == ["todo"]


def test_agents_see_no_jobs(agent, job):
    assert agent.get(f"{LIST}{job.pk}/change/").status_code == 403
    assert agent.post(LIST, {"action": "cancel", "index": "0"}).status_code == 403
