"""POST /api/tickets/"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import signing
from django.db import connection
from django.test import Client

from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction
from tickets.tests.factories import AgentFactory, TokenFactory, UserFactory
from tickets.vocabulary import MAX_TITLE_CHARS

from .client import CLASSIFY, NEW, TICKETS, Api, assert_problem, one

CHARGED = "I was charged twice and want a refund for the invoice."


def test_anybody_can_create_a_ticket(anonymous):
    response = anonymous.send("POST", TICKETS, NEW)
    assert response.status_code == 201
    created = response.json()
    stored = Ticket.objects.get(pk=created["id"])
    assert (stored.title, stored.description) == (NEW["title"], NEW["description"])
    assert created["status"] == "open"
    assert created["version"] == 1
    assert response["Location"] == f"/api/tickets/{stored.pk}/"
    assert response["ETag"] == '"1"'
    assert created["created_at"] == created["updated_at"]
    assert created["created_at"].endswith("Z")


def test_the_location_leads_to_the_ticket(agent):
    response = agent.send("POST", TICKETS, NEW)
    created = response.json()
    del created["track_url"]
    assert agent.get(response["Location"]).json() == created


def test_it_works_without_the_trailing_slash(anonymous):
    assert anonymous.send("POST", TICKETS.rstrip("/"), NEW).status_code == 201


def test_triage_decides_only_the_keys_left_out(anonymous):
    created = anonymous.create(priority="low")
    assert created["priority"] == "low"
    assert created["triage"]["priority"] == {"source": "human", "confidence": None}
    assert created["triage"]["category"]["source"] in ("offline", "default")
    assert created["triage"]["tone"]["source"] in ("offline", "default")


def test_a_clear_text_is_triaged_at_once(anonymous):
    created = anonymous.create(
        title="Charged twice", description="I was charged twice and want a refund for the invoice."
    )
    assert created["category"] == "billing"
    assert created["triage"]["category"]["source"] == "offline"
    assert 0 < created["triage"]["category"]["confidence"] <= 1


def test_a_suggestion_fills_the_keys_left_out(anonymous):
    suggestion = anonymous.send("POST", CLASSIFY, {"description": CHARGED}).json()
    created = anonymous.create(
        description=CHARGED, suggestion_id=suggestion["suggestion_id"], priority="low"
    )
    assert created["category"] == suggestion["suggested_category"] == "billing"
    assert created["triage"]["category"] == {
        "source": suggestion["source"],
        "confidence": suggestion["confidence"]["category"],
    }
    assert created["priority"] == "low"


@pytest.mark.parametrize(
    ("sent", "counts"),
    [
        (f"\r\n {CHARGED.replace(' ', '  ')}\n", True),
        (f"{CHARGED} Or not.", False),
        ("Something else.", False),
    ],
)
def test_a_suggestion_counts_for_its_text_only(anonymous, sent, counts):
    suggestion = anonymous.send("POST", CLASSIFY, {"description": CHARGED}).json()
    anonymous.create(description=sent, suggestion_id=suggestion["suggestion_id"])
    predictions = Ticket.objects.get().predictions.filter(use="shown")
    assert predictions.exists() is counts


@pytest.mark.parametrize(("hours", "counts"), [(23, True), (25, False)])
def test_a_suggestion_counts_for_a_day(anonymous, monkeypatch, hours, counts):
    suggestion = anonymous.send("POST", CLASSIFY, {"description": CHARGED}).json()
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + hours * 3600)
    anonymous.create(description=CHARGED, suggestion_id=suggestion["suggestion_id"])
    assert Ticket.objects.get().predictions.filter(use="shown").exists() is counts


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_suggestion_counts_for_one_ticket(anonymous, is_stored):
    suggestion = anonymous.send("POST", CLASSIFY, {"description": CHARGED}).json()
    if not is_stored:
        Prediction.objects.all().delete()
    numbers = [
        anonymous.create(description=CHARGED, suggestion_id=suggestion["suggestion_id"])["id"]
        for _ in range(2)
    ]
    first, second = (
        Prediction.objects.filter(ticket=number, field__in=["category", "priority"])
        for number in numbers
    )
    assert first.count() == second.count() == 2
    assert {row.use for row in first} == {"shown" if is_stored else "applied"}
    assert {row.use for row in second} == {"applied"}
    assert not {row.suggestion for row in first} & {row.suggestion for row in second}


@pytest.mark.django_db(transaction=True)
def test_two_tickets_at_once_do_not_share_a_suggestion(anonymous):
    suggestion = anonymous.send("POST", CLASSIFY, {"description": CHARGED}).json()

    def create(number):
        values = {"description": CHARGED, "suggestion_id": suggestion["suggestion_id"]}
        try:
            return Api().create(**values, title=f"Number {number}")["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(create, range(4)))) == 4
    tickets = Prediction.objects.filter(use="shown").values_list("ticket", flat=True)
    assert len(set(tickets)) == 1


@pytest.mark.parametrize("made_up", ["x", "WyJiaWxsaW5nIl0:1xUd1R:OKAtVQDIU9qsAn48LljS976X6aCb"])
def test_an_invented_suggestion_is_refused(anonymous, made_up):
    response = anonymous.send("POST", TICKETS, NEW | {"suggestion_id": made_up})
    assert_problem(response, 400, "validation_error", "suggestion_id")
    assert not Ticket.objects.exists()


def test_the_private_link_opens_the_ticket_and_is_not_stored(anonymous):
    created = anonymous.create()
    assert created["track_url"].startswith("http://testserver/")
    secret = created["track_url"].rstrip("/").rpartition("/")[2]
    stored = Ticket.objects.values().get()
    assert len(secret) >= 22
    assert not any(secret in str(value) for value in stored.values())
    assert Client().get(created["track_url"]).status_code == 200


def test_an_anonymous_answer_has_no_email_address(anonymous, agent):
    created = anonymous.create(requester_email="ada@example.org")
    assert "requester_email" not in created
    assert agent.get(one(created["id"])).json()["requester_email"] == "ada@example.org"


def test_an_agents_answer_has_the_email_address(agent):
    assert agent.create(requester_email="ada@example.org")["requester_email"] == "ada@example.org"
    assert agent.create()["requester_email"] is None


@pytest.mark.parametrize("title", [each * MAX_TITLE_CHARS for each in "🎉é中ﷺ"])
def test_a_title_of_200_characters_is_returned_unchanged(anonymous, title):
    assert anonymous.create(title=title)["title"] == title


def test_a_long_description_is_returned_unchanged(anonymous):
    text = "🧯 smoke\n\tand\nfire " * 1000
    assert anonymous.create(description=text)["description"] == text.strip()


def test_surrounding_white_space_and_carriage_returns_are_removed(anonymous):
    created = anonymous.create(title=" \t a\r\nb  ", description="\n one\r\ntwo\rthree \n")
    assert created["title"] == "a b"
    assert created["description"] == "one\ntwo\nthree"


def test_an_agent_can_assign_at_once(agent):
    colleague = AgentFactory()
    assert agent.create(assignee=colleague.username)["assignee"] == colleague.username


def test_nobody_learns_who_is_an_agent(anonymous):
    AgentFactory(username="grace")
    UserFactory(username="mallory")
    problems = [
        assert_problem(
            anonymous.send("POST", TICKETS, NEW | {"assignee": name}),
            *(400, "validation_error", "assignee"),
        )
        for name in ("grace", "mallory", "nobody")
    ]
    assert problems[0] == problems[1] == problems[2]
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("name", ["mallory", "nobody"])
def test_an_agent_cannot_assign_to_somebody_who_is_not_one(agent, name):
    UserFactory(username="mallory")
    response = agent.send("POST", TICKETS, NEW | {"assignee": name})
    assert_problem(response, 400, "validation_error", "assignee")


def test_a_token_without_write_may_not_create(db):
    response = Api(TokenFactory(scopes=["read"]).secret).send("POST", TICKETS, NEW)
    assert_problem(response, 403, "permission_denied")
    assert not Ticket.objects.exists()


def test_creating_is_recorded_with_its_actor(anonymous, agent):
    created = anonymous.create()
    assert agent.get(one(created["id"], "history/")).json()[0]["actor"] == "anonymous"


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed"])
def test_strangers_may_not_finish_a_ticket(anonymous, status):
    response = anonymous.send("POST", "/api/tickets/", NEW | {"status": status})
    assert_problem(response, 400, "validation_error", "status")
    assert not Ticket.objects.exists()
    assert anonymous.send("POST", "/api/tickets/", NEW | {"status": "open"}).status_code == 201
