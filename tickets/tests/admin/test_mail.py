"""Mail to requesters in the back office."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.models.mail import Email
from tickets.tests.factories import TicketFactory
from tickets.vocabulary import MailState

LIST = "/admin/tickets/email/"


@pytest.fixture
def emails(db):
    """Return an email in each state, by state."""
    ticket = TicketFactory(requester_email="kim@example.org")
    return {
        state: Email.objects.create(
            ticket=ticket, kind="reply", event=state, state=state, error=f"error of {state}"
        )
        for state in MailState.values
    }


def send_again(client, emails):
    data = {"action": "send_again", "index": "0"}
    return client.post(LIST, {**data, "_selected_action": [email.pk for email in emails]})


def test_it_shows_the_state_of_each(admin, emails):
    html = admin.get(LIST).content.decode()
    for state, email in emails.items():
        assert f"error of {state}" in html
        assert admin.get(f"{LIST}{email.pk}/change/").status_code == 200
    assert "Possibly sent</span>" in html


@pytest.mark.parametrize("state", MailState.values)
def test_it_is_filtered_by_state(admin, emails, state):
    rows = admin.get(f"{LIST}?state={state}").context["cl"].result_list
    assert list(rows) == [emails[state]]


def test_only_what_did_not_arrive_is_sent_again(admin, emails):
    send_again(admin, emails.values())
    changed = [
        state
        for state, email in emails.items()
        if Email.objects.get(pk=email.pk).state != email.state
    ]
    assert changed == ["bounced", "failed", "uncertain"]
    assert ProcrastinateJob.objects.filter(queue_name="mail").count() == 3


def test_agents_do_not_see_it(agent, emails):
    assert agent.get(LIST).status_code == 403
    assert send_again(agent, emails.values()).status_code == 403
    assert Email.objects.get(event="failed").state == "failed"


def test_emails_cannot_be_added_changed_or_deleted(admin, emails):
    email = emails["sent"]
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{email.pk}/change/", {"address": "x@example.org"}).status_code == 403
    assert admin.post(f"{LIST}{email.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Email.objects.count() == len(MailState.values)
