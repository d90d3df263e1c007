"""The review queue, with htmx and without scripts."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, TRIAGE, user_actor
from tickets.audit.trail import audit_trail
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback
from tickets.pages.highlight import evidence_highlights
from tickets.querysets.cursors import LOWEST_CONFIDENCE_FIRST, read_cursor
from tickets.querysets.review import skip_cursor
from tickets.rich_text import Highlight
from tickets.services.editing import editing
from tickets.services.tickets import create_ticket, delete_ticket, update_ticket
from tickets.tests.factories import AgentFactory, PredictionFactory, TicketFactory

from .conftest import signed_in

PAGE = "/tickets/review/"
HTMX = {"HX-Request": "true", "HX-Target": "review"}


def ticket_to_review(confidence=0.3, **values):
    """Create a ticket with a person's priority and the offline classifier's category."""
    category = {"category_source": "offline", "category_confidence": confidence}
    return TicketFactory(**{"priority_source": "human"} | category | values)


def content(response):
    return html.unescape(response.content.decode())


def card_ticket(response):
    """Return the id of the ticket on the card, or None without a card."""
    match = re.search(r'name="ticket" value="(\d+)"', response.content.decode())
    return int(match[1]) if match else None


def field(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def chosen(response):
    return dict(re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', response.content.decode()))


def decide(client, response, headers=HTMX, **changes):
    """Send the card's form with these changes."""
    names = ("ticket", "version", "after")
    data = {name: field(response, name) for name in names} | chosen(response) | changes
    return client.post(PAGE, data, headers=headers)


def skip(client, response):
    link = html.unescape(re.search(r'id="skip" href="([^"]+)"', response.content.decode())[1])
    return client.get(link)


def toast_of(response):
    return json.loads(response["HX-Trigger"])["toast"]


# --- the order ----------------------------------------------------------------------


def test_the_lowest_confidence_comes_first(agent):
    high, low = ticket_to_review(0.5), ticket_to_review(0.2)
    none = ticket_to_review(None, category_source="default")
    page = agent.get(PAGE)
    order = []
    while card_ticket(page):
        order.append(card_ticket(page))
        page = decide(agent, page)
    assert order == [none.pk, low.pk, high.pk]


@pytest.mark.django_db
def test_confidence_is_the_lower_one_of_what_triage_decided():
    both = ticket_to_review(0.5, priority_source="offline", priority_confidence=0.4)
    by_person = ticket_to_review(0.5, priority_source="human", priority_confidence=0.1)
    by_model = ticket_to_review(0.5, priority_source="llm", priority_confidence=0.45)
    queue = Ticket.objects.needing_review().lowest_confidence_first()
    assert [(ticket.pk, ticket.lowest_confidence) for ticket in queue] == [
        (both.pk, 0.4),
        (by_model.pk, 0.45),
        (by_person.pk, 0.5),
    ]


@pytest.mark.django_db
def test_what_a_model_is_unsure_about_needs_review_too():
    def by_model(**confidences):
        return TicketFactory(
            category_source="llm", priority_source="llm", priority_confidence=0.9, **confidences
        )

    unsure = by_model(category_confidence=0.5)
    by_model(category_confidence=0.6)
    by_model(category_confidence=None)  # not every model states one
    half = TicketFactory(category_source="llm", priority_source="offline", priority_confidence=0.55)
    queue = Ticket.objects.needing_review().lowest_confidence_first()
    assert [(ticket.pk, ticket.lowest_confidence) for ticket in queue] == [
        (unsure.pk, 0.5),
        (half.pk, 0.55),
    ]


@pytest.mark.django_db
def test_equal_confidences_go_by_age_and_no_cursor_loses_a_ticket():
    now = timezone.now()
    for number in range(12):
        ticket_to_review((0.1, 0.3)[number % 2], created_at=now - timedelta(hours=number // 4))
    waiting = Ticket.objects.needing_review()
    queue = [ticket.pk for ticket in waiting.lowest_confidence_first()]
    assert len(queue) == 12
    cursor, visited = None, []
    while (ticket := waiting.lowest_confidence_first(cursor).first()) is not None:
        visited.append(ticket.pk)
        cursor = read_cursor(skip_cursor(ticket, cursor).write(), LOWEST_CONFIDENCE_FIRST)
    assert visited == queue
    assert cursor.skipped == 12
    oldest = waiting.order_by("category_confidence", "created_at", "pk").first()
    assert queue[0] == oldest.pk


# --- the card -----------------------------------------------------------------------


def test_the_card_shows_the_suggestion_its_confidence_and_evidence(agent):
    ticket = ticket_to_review(
        0.42,
        title="Refund <please>",
        description="I want a refund for my invoice.",
        category="billing",
        priority="high",
        sentiment="angry",
        requester_email="ada@example.org",
    )
    PredictionFactory(
        ticket=ticket,
        value="billing",
        evidence=[{"field": "description", "text": "refund", "start": 9, "end": 15}],
    )
    page = agent.get(PAGE)
    text = content(page)
    assert chosen(page) == {"category": "billing", "priority": "high"}
    assert (
        "Suggested by the offline classifier, 42% confident, because of \u201crefund\u201d" in text
    )
    assert "Set by somebody outside this program" in text
    assert 'a <mark title="Evidence for the category">refund</mark> for my invoice.' in text
    assert "ada@example.org" in text
    assert "sentiment-angry" in text
    assert "Refund &lt;please&gt;" in page.content.decode()
    assert "<strong>1</strong> left to review" in text


def test_it_names_who_decided_as_the_tickets_page_does(agent):
    data = {"title": "Late", "description": "My bill came late.", "priority": "low"}
    ticket = create_ticket(data, REQUESTER)
    Ticket.objects.filter(pk=ticket.pk).update(category_confidence=0.3)
    assert "Low: Set by the requester" in content(agent.get(PAGE))
    assert "Set by the requester" in content(agent.get(ticket.get_absolute_url()))


def test_it_counts_the_tickets_that_need_review(agent):
    ticket_to_review()
    ticket_to_review()
    ticket_to_review(status="closed")
    TicketFactory(category_source="human", priority_source="human")
    assert "<strong>2</strong> left to review" in content(agent.get(PAGE))


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        ("a refund", {"category": ["refund"]}, [(2, 8, "category")]),
        ("refunded", {"category": ["refund"]}, []),
        ("(a+b)", {"priority": ["a+b"]}, [(1, 4, "priority")]),
        ("now", {"category": ["now"], "priority": ["now"]}, [(0, 3, "category and priority")]),
        ("log in", {"category": ["log", "log in"]}, [(0, 6, "category")]),
        ("nothing", {"category": ["", " "]}, []),
        ("", {"category": ["a"]}, []),
    ],
)
def test_evidence_is_highlighted_as_whole_words(text, quotes, expected):
    assert evidence_highlights(text, quotes) == [
        Highlight(start, end, f"Evidence for the {fields}") for start, end, fields in expected
    ]


# --- deciding -----------------------------------------------------------------------


def test_accepting_confirms_both_values_and_records_feedback(agent, agent_user):
    ticket = ticket_to_review(category="billing", priority="low")
    response = decide(agent, agent.get(PAGE))
    ticket.refresh_from_db()
    assert ticket.decision("category").source == ticket.decision("priority").source == "human"
    assert set(Feedback.objects.values_list("field", "value")) == {
        ("category", "billing"),
        ("priority", "low"),
    }
    assert audit_trail(ticket)[-1].actor == agent_user.username
    assert toast_of(response) == {
        "message": f"#{ticket.pk} is Billing, Low.",
        "undo": f"{ticket.pk}:2",
    }


def test_a_correction_is_saved(agent):
    ticket = ticket_to_review(category="billing", priority="low")
    response = decide(agent, agent.get(PAGE), category="account", priority="critical")
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority) == ("account", "critical")
    assert card_ticket(response) is None


def test_without_scripts_the_next_ticket_comes_with_undo(agent):
    first, second = ticket_to_review(0.1), ticket_to_review(0.2)
    response = decide(agent, agent.get(PAGE), headers={})
    assert (response.status_code, response.url) == (302, PAGE)
    page = agent.get(response.url)
    assert card_ticket(page) == second.pk
    assert f'name="changes" value="{first.pk}:2"' in page.content.decode()
    data = {"changes": f"{first.pk}:2", "next": PAGE}
    page = agent.post("/tickets/undo/", data, follow=True)
    assert card_ticket(page) == first.pk


def test_undo_restores_the_confidence(agent):
    ticket = ticket_to_review(0.25)
    undo = toast_of(decide(agent, agent.get(PAGE)))["undo"]
    agent.post("/tickets/undo/", {"changes": undo}, headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.decision("category") == ("offline", 0.25)
    assert not Feedback.objects.exists()


def test_the_address_can_put_a_ticket_first(agent):
    ticket_to_review(0.1)
    other = ticket_to_review(0.5)
    response = agent.get(f"{PAGE}?ticket={other.pk}", headers=HTMX)
    assert card_ticket(response) == other.pk
    assert response["HX-Replace-Url"] == f"{PAGE}?ticket={other.pk}"


def test_a_ticket_without_need_of_review_is_not_put_first(agent):
    waiting, closed = ticket_to_review(0.1), ticket_to_review(0.2, status="closed")
    assert card_ticket(agent.get(f"{PAGE}?ticket={closed.pk}")) == waiting.pk
    assert card_ticket(agent.get(f"{PAGE}?ticket=999999999")) == waiting.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "weather"},
        {"priority": ""},
        {"version": "x"},
        {"version": "0"},
        {"ticket": ""},
        {"ticket": "9" * 19},
        {"after": "nonsense"},
    ],
)
def test_an_invalid_decision_is_refused_and_changes_nothing(agent, changes):
    ticket_to_review()
    assert decide(agent, agent.get(PAGE), **changes).status_code == 400
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize(
    "query", ["after=x", "after=a:b:c", "ticket=x", "ticket=-1", "ticket=" + "9" * 19]
)
def test_an_invalid_address_is_refused(agent, query):
    assert agent.get(f"{PAGE}?{query}").status_code == 400


def test_a_cursor_of_the_list_is_refused(agent):
    for _ in range(2):
        ticket_to_review()
    cursor = Ticket.objects.page(1).older
    assert agent.get(f"{PAGE}?after={cursor}").status_code == 400


# --- several reviewers --------------------------------------------------------------


def test_somebody_elses_decision_stands_and_is_named(agent):
    maria = signed_in(AgentFactory(username="maria"))
    ticket, following = ticket_to_review(0.1, category="billing"), ticket_to_review(0.2)
    page = agent.get(PAGE)
    decide(maria, maria.get(PAGE), category="technical")
    response = decide(agent, page, category="account")
    assert card_ticket(response) == following.pk
    toast = toast_of(response)
    message = f"#{ticket.pk}: maria changed category from billing to technical"
    assert toast["message"].startswith(message)
    assert toast["message"].endswith("It no longer needs review, so your choice was not saved.")
    assert toast["undo"] == ""
    ticket.refresh_from_db()
    assert (ticket.category, ticket.version) == ("technical", 2)


def test_a_ticket_that_somebody_closed_is_not_changed(agent):
    ticket = ticket_to_review(category="billing")
    page = agent.get(PAGE)
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    assert (
        "your choice was not saved" in toast_of(decide(agent, page, category="account"))["message"]
    )
    ticket.refresh_from_db()
    assert ticket.category == "billing"


def test_a_newer_text_is_shown_with_the_values_that_were_chosen(agent, agent_user):
    ticket = ticket_to_review(category="billing")
    page = agent.get(PAGE)
    with editing(ticket.pk, user_actor(agent_user)) as edit:
        edit.ticket.description = "It is another matter."
    response = decide(agent, page, category="account")
    assert card_ticket(response) == ticket.pk
    assert "Nothing was saved. Please look again." in content(response)
    assert "It is another matter." in content(response)
    assert chosen(response)["category"] == "account"
    decide(agent, response)
    ticket.refresh_from_db()
    assert ticket.category == "account"


def test_changes_of_other_values_do_not_stop_a_decision(agent, agent_user):
    ticket = ticket_to_review(category="billing")
    page = agent.get(PAGE)
    update_ticket(ticket.pk, {"assignee": agent_user}, SYSTEM)
    assert toast_of(decide(agent, page, category="account"))["undo"] == f"{ticket.pk}:3"
    ticket.refresh_from_db()
    assert (ticket.category, ticket.assignee) == ("account", agent_user)


def test_a_newer_prediction_of_the_model_stands(agent):
    ticket = ticket_to_review(category="billing")
    page = agent.get(PAGE)
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.category = "technical"
        edit.ticket.decide("category", "llm", 0.9)
    assert "Triage changed category" in toast_of(decide(agent, page))["message"]
    ticket.refresh_from_db()
    assert ticket.category == "technical"


def test_an_unknown_version_is_not_saved(agent):
    ticket = ticket_to_review()
    response = decide(agent, agent.get(PAGE), version="7")
    assert card_ticket(response) == ticket.pk
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_a_deleted_ticket_is_named(agent):
    ticket, following = ticket_to_review(0.1), ticket_to_review(0.2)
    page = agent.get(PAGE)
    delete_ticket(ticket.pk, SYSTEM)
    response = decide(agent, page)
    assert toast_of(response)["message"] == f"#{ticket.pk} no longer exists. Nothing was saved."
    assert card_ticket(response) == following.pk


# --- skipping -----------------------------------------------------------------------


def test_skipping_continues_in_order(agent):
    first, second, third = ticket_to_review(0.1), ticket_to_review(0.2), ticket_to_review(0.3)
    page = skip(agent, agent.get(PAGE))
    assert card_ticket(page) == second.pk
    page = decide(agent, page)
    assert card_ticket(page) == third.pk
    assert "1 skipped" in content(page)
    first.refresh_from_db()
    assert first.version == 1


def test_skipping_passes_tickets_that_somebody_else_decided(agent):
    ticket_to_review(0.1)
    decided, third = ticket_to_review(0.2), ticket_to_review(0.3)
    page = agent.get(PAGE)
    update_ticket(decided.pk, {"category": "general", "priority": "low"}, SYSTEM)
    assert card_ticket(skip(agent, page)) == third.pk


def test_the_end_counts_skipped_tickets_and_starts_again(agent):
    first = ticket_to_review(0.1)
    ticket_to_review(0.2)
    end = skip(agent, skip(agent, agent.get(PAGE)))
    assert card_ticket(end) is None
    assert "You skipped 2 tickets. 2 tickets still need a review." in content(end)
    again = re.search(r'id="again" href="([^"]+)"', end.content.decode())[1]
    assert card_ticket(agent.get(again)) == first.pk


def test_skipping_an_earlier_ticket_does_not_move_the_cursor_back(agent):
    first, second = ticket_to_review(0.1), ticket_to_review(0.2)
    page = skip(agent, agent.get(PAGE))
    after = field(page, "after")
    page = agent.get(f"{PAGE}?ticket={first.pk}&after={after}")
    assert card_ticket(page) == first.pk
    assert card_ticket(skip(agent, page)) == second.pk


# --- empty --------------------------------------------------------------------------


def test_nothing_to_review_differs_from_no_tickets_yet(agent):
    assert "No tickets yet" in content(agent.get(PAGE))
    TicketFactory(category_source="human", priority_source="human")
    assert "Nothing to review" in content(agent.get(PAGE))


def test_htmx_gets_only_the_card(agent):
    ticket_to_review()
    page = agent.get(PAGE, headers=HTMX).content.decode()
    assert page.lstrip().startswith("<section")
    assert "<h1" not in page


def test_queries_do_not_grow_with_the_queue(agent, django_assert_num_queries):
    for _ in range(30):
        ticket_to_review()
    # Session, user, groups; the ticket, five for its audit trail, its evidence, and the count.
    with django_assert_num_queries(11):
        agent.get(PAGE)
