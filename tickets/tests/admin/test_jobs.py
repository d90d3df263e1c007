"""Background jobs in the back office."""

import re

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

LIST = "/admin/procrastinate/procrastinatejob/"


@pytest.fixture
def job(db):
    triage = app.configure_task("tickets.tasks.triage_ticket", queue="triage")
    number = triage.defer(ticket_id=7, text_digest="<b>digest</b>")
    return ProcrastinateJob.objects.get(pk=number)


def test_a_job_is_shown_with_its_arguments(admin, job):
    for path in (LIST, f"{LIST}{job.pk}/change/"):
        html = admin.get(path).content.decode()
        assert "&lt;b&gt;digest" in html
        assert "Todo</span>" in html
        assert not re.search(r"\sstyle=", html)


def test_jobs_are_found_by_state_and_queue(admin, job):
    for query, expected in {
        "status__exact=todo": [job],
        "status__exact=failed": [],
        "queue_name=triage": [job],
        "queue_name=mail": [],
    }.items():
        assert list(admin.get(f"{LIST}?{query}").context["cl"].result_list) == expected


def test_a_waiting_job_can_be_cancelled(admin, job):
    admin.post(LIST, {"action": "cancel", "index": "0", "_selected_action": job.pk})
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_a_job_cannot_be_changed_by_hand(admin, job):
    path = f"{LIST}{job.pk}/"
    assert admin.post(f"{path}change/", {"status": "succeeded"}).status_code == 403
    assert admin.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert admin.post(f"{LIST}add/", {}).status_code == 403
    job.refresh_from_db()
    assert job.status == "todo"


def test_agents_see_no_jobs(agent, job):
    assert agent.get(f"{LIST}{job.pk}/change/").status_code == 403
