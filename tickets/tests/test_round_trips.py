"""How many messages a write exchanges with PostgreSQL, BEGIN and COMMIT among them."""

import uuid

import pytest

from tickets.access.actors import Actor, user_actor
from tickets.models.mail import Email, Notification
from tickets.models.triage import Feedback
from tickets.models.workplace import AgentProfile
from tickets.services import comments, tickets
from tickets.tests.factories import AgentFactory
from tickets.tests.wire import round_trips
from tickets.vocabulary import NotificationChoice

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"title": "Charged twice", "description": "You charged me twice, refund my invoice."}
DECIDED = TEXT | {"category": "billing", "priority": "high"}
KIM = {"requester_email": "kim@example.org"}
ANONYMOUS = Actor("anonymous")


@pytest.fixture(autouse=True)
def _desk(settings):
    """Be a desk that sends mail, and has looked a moment ago whether there is news to learn."""
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    create(TEXT)


@pytest.fixture
def agent():
    return user_actor(AgentFactory(username="zoe", email="zoe@example.org"))


def create(data=DECIDED, actor=ANONYMOUS, **values):
    return tickets.create_ticket(data | values, actor)


def messages_of(write):
    with round_trips() as sent:
        write()
    return len(sent)


@pytest.mark.parametrize("data", [TEXT, DECIDED, DECIDED | KIM], ids=["text", "decided", "address"])
def test_creating(data):
    assert messages_of(lambda: create(data)) == 2
    assert Email.objects.count() == ("requester_email" in data)


def test_creating_where_agents_want_to_know(agent):
    AgentProfile.objects.create(user=agent.user, notify_unassigned=NotificationChoice.AT_ONCE)
    assert messages_of(lambda: create(DECIDED | KIM)) == 3  # one asks who they are
    assert Notification.objects.get().account == agent.user


def test_creating_as_an_agent_who_assigns_it(agent):
    AgentProfile.objects.create(user=(lou := AgentFactory(email="lou@example.org")))
    assert messages_of(lambda: create(DECIDED | KIM, agent, assignee=lou)) == 2
    assert Notification.objects.filter(account=lou).exists()


def test_creating_once():
    def create_with_key():
        key = uuid.uuid4().hex
        return tickets.create_ticket_once(key, "kim", DECIDED, create, lambda row: {"id": row.pk})

    assert messages_of(create_with_key) == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "in_progress"}, 2),
        ({"priority": "low"}, 2),
        ({"priority": "low", "category": "account"}, 2),
        ({"status": "resolved"}, 3),  # one asks whether mail may go out
        ({"status": "resolved", "priority": "low"}, 3),
        ({"requester_email": "lou@example.org"}, 2),
    ],
    ids=str,
)
def test_changing(agent, changes, expected):
    ticket = create(DECIDED | KIM)
    assert messages_of(lambda: tickets.update_ticket(ticket.pk, changes, agent)) == expected
    decided = 2 if "status" in changes and changes["status"] == "resolved" else 0
    assert Feedback.objects.count() == (decided or len(changes.keys() & {"priority", "category"}))


def test_assigning(agent):
    ticket, lou = create(), AgentFactory(email="lou@example.org")
    assert messages_of(lambda: tickets.update_ticket(ticket.pk, {"assignee": lou}, agent)) == 3
    assert Notification.objects.get().account == lou


def test_changing_fifty(agent):
    numbers = [create().pk for _ in range(50)]
    assert messages_of(lambda: tickets.update_tickets(numbers, {"priority": "low"}, agent)) == 100


@pytest.mark.parametrize(("public", "expected"), [(True, 5), (False, 3)])
def test_an_agent_writes(agent, public, expected):
    ticket = create(DECIDED | KIM)
    data = {"body": "We look into it.", "public": public}
    assert messages_of(lambda: comments.add_comment(ticket, data, agent)) == expected
    assert Email.objects.filter(kind="reply").count() == public


def test_a_requester_writes():
    ticket = create(DECIDED | KIM)
    assert messages_of(lambda: comments.add_reply(ticket, {"body": "Thanks"})) == 5
