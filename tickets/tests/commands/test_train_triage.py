"""`manage.py train_triage`: it retrains at once and reports what was learned."""

import io

import pytest
from django.core.management import call_command

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TriageModel
from tickets.services import tickets

pytestmark = pytest.mark.django_db


def train(*arguments):
    out = io.StringIO()
    call_command("train_triage", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def corrected():
    for number in range(4):
        text = f"The zorblax of unit {number} hums"
        ticket = tickets.create_ticket({"title": text, "description": text}, SYSTEM)
        tickets.update_ticket(ticket.pk, {"category": "billing"}, SYSTEM)


def test_without_feedback_it_says_so():
    assert train() == (
        "category: no feedback yet; lexicon and encoder answer\n"
        "priority: no feedback yet; lexicon and encoder answer\n"
    )


def test_it_reports_what_was_learned(corrected):
    output = train()
    assert "category: 4 feedback entries, version 1" in output
    assert "the confirmed tickets answer" in output
    assert "priority: no feedback yet" in output


def test_it_rebuilds_from_the_tickets_alone(corrected):
    Ticket.objects.update(status="closed")
    Feedback.objects.all().delete()
    TriageModel.objects.all().delete()
    assert "category: no feedback yet" in train()
    assert "category: 4 feedback entries" in train("--rebuild")
