"""What the tests of mail share."""

from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import REQUESTER
from tickets.models.mail import Email
from tickets.services import comments, tickets


def create_ticket(**values):
    """Create a ticket as its requester does, who has an address."""
    data = {
        "title": "Broken door",
        "description": "It does not close.",
        "requester_email": "kim@example.org",
    }
    return tickets.create_ticket(data | values, REQUESTER)


def reply(ticket, actor, body="We are on our way.", public=True):
    return comments.add_comment(ticket, {"body": body, "public": public}, actor)


def states():
    """Return the states of all emails, oldest first."""
    return list(Email.objects.order_by("pk").values_list("state", flat=True))


def mail_jobs():
    return ProcrastinateJob.objects.filter(queue_name="mail")
