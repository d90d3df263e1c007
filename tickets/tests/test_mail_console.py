"""Without a mail server, each email is one line of the worker's output."""

import pytest
from django.test import override_settings

from tickets.access.actors import user_actor
from tickets.models.ticket import Ticket
from tickets.tests.factories import AgentFactory
from tickets.tests.mailing import create_ticket, reply, states
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db(transaction=True)
CONSOLE = "tickets.services.mail.console.EmailBackend"


@override_settings(EMAIL_BACKEND=CONSOLE)
def test_each_email_is_one_short_line(capsys):
    ticket = create_ticket(title="Broken door " * 10)
    agent = user_actor(AgentFactory())
    reply(ticket, agent, "See http://127.0.0.1:8000/api/docs/ and\nhttps://example.org/ please.")
    work()
    link = f"http://127.0.0.1:8000{Ticket.objects.get().private_link_path()}"
    lines = [line for line in capsys.readouterr().out.splitlines() if "Email to" in line]
    subject = f"[#{ticket.pk}] We have your request"
    assert len(lines) == 2
    assert lines[0].startswith(f"Email to kim@example.org: {subject}")
    assert lines[1].startswith(f"Email to kim@example.org: Re: {subject}")
    for line in lines:
        assert line.endswith(f" {link}")
        assert len(line) < 160
    assert states() == ["printed", "printed"]


def test_it_is_the_default(settings):
    from config import settings as declared

    assert declared.EMAIL_BACKEND == CONSOLE
