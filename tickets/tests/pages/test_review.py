"""The review queue, as a server answers it: with htmx, and without a script."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM, TRIAGE, user_actor
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback
from tickets.pages.highlight import highlighted
from tickets.querysets.review import cursor_after, read_review_cursor
from tickets.services import tickets
from tickets.services.editing import editing
from tickets.tests.factories import AgentFactory, PredictionFactory, TicketFactory

from .conftest import signed_in

PAGE = "/tickets/review/"
HTMX = {"HX-Request": "true", "HX-Target": "review"}


def unsure(confidence=0.3, **values):
    """A ticket whose category is offline triage's, with this confidence; the rest a person's."""
    given = {"category_source": "offline", "category_confidence": confidence}
    return TicketFactory(**{"priority_source": "human"} | given | values)


def card(response):
    return html.unescape(response.content.decode())


def shown(response):
    """The number of the ticket on the card; None where there is none."""
    found = re.search(r'name="ticket" value="(\d+)"', response.content.decode())
    return int(found[1]) if found else None


def field(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def chosen(response):
    found = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', response.content.decode())
    return dict(found)


def decide(client, response, headers=HTMX, **changes):
    """Send what the card says, but for these changes."""
    names = ("ticket", "version", "after")
    sent = {name: field(response, name) for name in names} | chosen(response) | changes
    return client.post(PAGE, sent, headers=headers)


def skip(client, response):
    link = html.unescape(re.search(r'id="skip" href="([^"]+)"', response.content.decode())[1])
    return client.get(link)


def told(response):
    return json.loads(response["HX-Trigger"])["toast"]


# --- the order ----------------------------------------------------------------------


def test_the_least_sure_ticket_comes_first(agent):
    sure, unsure_one, none = unsure(0.5), unsure(0.2), unsure(None, category_source="default")
    page = agent.get(PAGE)
    order = []
    while shown(page):
        order.append(shown(page))
        page = decide(agent, page)
    assert order == [none.pk, unsure_one.pk, sure.pk]


@pytest.mark.django_db
def test_sureness_is_the_smaller_of_what_triage_decided():
    both = unsure(0.5, priority_source="offline", priority_confidence=0.4)
    by_person = unsure(0.5, priority_source="human", priority_confidence=0.1)
    by_model = unsure(0.5, priority_source="llm", priority_confidence=0.45)
    found = Ticket.objects.needing_review().lowest_confidence_first()
    assert [(one.pk, one.lowest_confidence) for one in found] == [
        (both.pk, 0.4),
        (by_model.pk, 0.45),
        (by_person.pk, 0.5),
    ]


@pytest.mark.django_db
def test_of_the_equally_unsure_the_oldest_comes_first_and_no_place_loses_one():
    now = timezone.now()
    for number in range(12):
        unsure((0.1, 0.3)[number % 2], created_at=now - timedelta(hours=number // 4))
    waiting = Ticket.objects.needing_review()
    whole = [ticket.pk for ticket in waiting.lowest_confidence_first()]
    assert len(whole) == 12
    place, seen = None, []
    while (ticket := waiting.lowest_confidence_first(place).first()) is not None:
        seen.append(ticket.pk)
        place = read_review_cursor(cursor_after(ticket, place).write())
    assert seen == whole
    assert place.skipped == 12
    oldest = waiting.order_by("category_confidence", "created_at", "pk").first()
    assert whole[0] == oldest.pk


# --- the card -----------------------------------------------------------------------


def test_the_card_says_what_triage_suggests_how_sure_and_why(agent):
    ticket = unsure(
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
    text = card(page).replace("\N{NO-BREAK SPACE}", " ")
    assert chosen(page) == {"category": "billing", "priority": "high"}
    assert "Offline triage, 42 % sure, because of \u201crefund\u201d" in text
    assert "Chosen by a person" in text
    assert 'a <mark title="Led to the category">refund</mark> for my invoice.' in text
    assert "ada@example.org" in text
    assert "sentiment-angry" in text
    assert "Refund &lt;please&gt;" in page.content.decode()
    assert "<strong>1</strong> waits for review" in text


def test_it_counts_what_waits(agent):
    unsure()
    unsure()
    unsure(status="closed")
    TicketFactory(category_source="human", priority_source="human")
    assert "<strong>2</strong> wait for review" in card(agent.get(PAGE))


@pytest.mark.parametrize(
    ("text", "quotes", "pieces"),
    [
        ("a refund", {"category": ["refund"]}, [("a ", ""), ("refund", "category")]),
        ("refunded", {"category": ["refund"]}, [("refunded", "")]),
        ("(a+b)", {"priority": ["a+b"]}, [("(", ""), ("a+b", "priority"), (")", "")]),
        ("now", {"category": ["now"], "priority": ["now"]}, [("now", "category and priority")]),
        ("log in", {"category": ["log", "log in"]}, [("log in", "category")]),
        ("nothing", {"category": ["", " "]}, [("nothing", "")]),
        ("", {"category": ["a"]}, []),
    ],
)
def test_words_are_marked_where_they_stand_whole(text, quotes, pieces):
    assert highlighted(text, quotes) == pieces


# --- deciding -----------------------------------------------------------------------


def test_accepting_makes_both_values_the_persons_and_teaches(agent, agent_user):
    ticket = unsure(category="billing", priority="low")
    response = decide(agent, agent.get(PAGE))
    ticket.refresh_from_db()
    assert ticket.triage["category"]["source"] == ticket.triage["priority"]["source"] == "human"
    assert set(Feedback.objects.values_list("field", "value")) == {
        ("category", "billing"),
        ("priority", "low"),
    }
    assert ticket.history()[-1].actor == agent_user.username
    assert told(response) == {
        "words": f"#{ticket.pk} is Billing, Low.",
        "undo": f"{ticket.pk}:2",
    }


def test_a_correction_is_what_is_saved(agent):
    ticket = unsure(category="billing", priority="low")
    response = decide(agent, agent.get(PAGE), category="account", priority="critical")
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority) == ("account", "critical")
    assert shown(response) is None


def test_without_a_script_the_next_ticket_comes_with_a_way_back(agent):
    first, second = unsure(0.1), unsure(0.2)
    response = decide(agent, agent.get(PAGE), headers={})
    assert (response.status_code, response.url) == (302, PAGE)
    page = agent.get(response.url)
    assert shown(page) == second.pk
    assert f'name="changes" value="{first.pk}:2"' in page.content.decode()
    back = {"changes": f"{first.pk}:2", "next": PAGE}
    page = agent.post("/tickets/undo/", back, follow=True)
    assert shown(page) == first.pk


def test_undo_leaves_the_ticket_as_unsure_as_it_was(agent):
    ticket = unsure(0.25)
    undo = told(decide(agent, agent.get(PAGE)))["undo"]
    agent.post("/tickets/undo/", {"changes": undo}, headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.triage["category"] == {"source": "offline", "confidence": 0.25}
    assert not Feedback.objects.exists()


def test_a_ticket_can_be_fetched_back_to_the_front(agent):
    unsure(0.1)
    other = unsure(0.5)
    response = agent.get(f"{PAGE}?ticket={other.pk}", headers=HTMX)
    assert shown(response) == other.pk
    assert response["HX-Replace-Url"] == f"{PAGE}?ticket={other.pk}"


def test_a_ticket_that_waits_no_more_is_not_fetched_back(agent):
    waiting, done = unsure(0.1), unsure(0.2, status="closed")
    assert shown(agent.get(f"{PAGE}?ticket={done.pk}")) == waiting.pk
    assert shown(agent.get(f"{PAGE}?ticket=999999999")) == waiting.pk


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
def test_nonsense_is_refused_and_changes_nothing(agent, changes):
    unsure()
    assert decide(agent, agent.get(PAGE), **changes).status_code == 400
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize(
    "query", ["after=x", "after=a:b:c", "ticket=x", "ticket=-1", "ticket=" + "9" * 19]
)
def test_nonsense_in_the_address_is_refused(agent, query):
    assert agent.get(f"{PAGE}?{query}").status_code == 400


def test_a_cursor_of_the_list_is_no_place_in_the_queue(agent):
    for _ in range(2):
        unsure()
    cursor = Ticket.objects.page(1).older
    assert agent.get(f"{PAGE}?after={cursor}").status_code == 400


# --- several reviewers --------------------------------------------------------------


def test_a_decision_of_somebody_else_meanwhile_is_told_and_stands(agent):
    other = AgentFactory(username="maria")
    ticket, following = unsure(0.1, category="billing"), unsure(0.2)
    page = agent.get(PAGE)
    theirs = signed_in(other)
    decide(theirs, theirs.get(PAGE), category="technical")
    response = decide(agent, page, category="account")
    assert shown(response) == following.pk
    words, undo = told(response)["words"], told(response)["undo"]
    assert words.startswith(f"#{ticket.pk}: maria changed category from billing to technical")
    assert words.endswith("It needs no review any more; your choice was not saved.")
    assert undo == ""
    ticket.refresh_from_db()
    assert (ticket.category, ticket.version) == ("technical", 2)


def test_a_ticket_that_was_closed_meanwhile_is_left_alone(agent):
    ticket = unsure(category="billing")
    page = agent.get(PAGE)
    tickets.update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    assert "your choice was not saved" in told(decide(agent, page, category="account"))["words"]
    ticket.refresh_from_db()
    assert ticket.category == "billing"


def test_a_text_that_changed_meanwhile_is_shown_with_what_was_chosen(agent, agent_user):
    ticket = unsure(category="billing")
    page = agent.get(PAGE)
    with editing(ticket.pk, user_actor(agent_user)) as changed:
        changed.description = "It is another matter."
    response = decide(agent, page, category="account")
    assert shown(response) == ticket.pk
    assert "Please look again; nothing was saved." in card(response)
    assert "It is another matter." in card(response)
    assert chosen(response)["category"] == "account"
    decide(agent, response)
    ticket.refresh_from_db()
    assert ticket.category == "account"


def test_what_does_not_concern_the_decision_does_not_stop_it(agent, agent_user):
    ticket = unsure(category="billing")
    page = agent.get(PAGE)
    tickets.update_ticket(ticket.pk, {"assignee": agent_user}, SYSTEM)
    assert told(decide(agent, page, category="account"))["undo"] == f"{ticket.pk}:3"
    ticket.refresh_from_db()
    assert (ticket.category, ticket.assignee) == ("account", agent_user)


def test_a_models_answer_meanwhile_stands(agent):
    ticket = unsure(category="billing")
    page = agent.get(PAGE)
    with editing(ticket.pk, TRIAGE) as changed:
        changed.category = "technical"
        changed.decide("category", "llm", 0.9)
    assert "Triage changed category" in told(decide(agent, page))["words"]
    ticket.refresh_from_db()
    assert ticket.category == "technical"


def test_a_version_that_never_was_is_not_saved(agent):
    ticket = unsure()
    response = decide(agent, agent.get(PAGE), version="7")
    assert shown(response) == ticket.pk
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_a_ticket_that_is_gone_is_told(agent):
    ticket, following = unsure(0.1), unsure(0.2)
    page = agent.get(PAGE)
    tickets.delete_ticket(ticket.pk, SYSTEM)
    response = decide(agent, page)
    assert told(response)["words"] == f"#{ticket.pk} is gone; nothing was saved."
    assert shown(response) == following.pk


# --- skipping -----------------------------------------------------------------------


def test_skipping_goes_on_in_the_order(agent):
    first, second, third = unsure(0.1), unsure(0.2), unsure(0.3)
    page = skip(agent, agent.get(PAGE))
    assert shown(page) == second.pk
    page = decide(agent, page)
    assert shown(page) == third.pk
    assert "1 skipped" in card(page)
    first.refresh_from_db()
    assert first.version == 1


def test_skipping_goes_on_where_others_have_decided_meanwhile(agent):
    unsure(0.1)
    gone, third = unsure(0.2), unsure(0.3)
    page = agent.get(PAGE)
    tickets.update_ticket(gone.pk, {"category": "general", "priority": "low"}, SYSTEM)
    assert shown(skip(agent, page)) == third.pk


def test_at_the_end_it_says_how_many_were_skipped_and_begins_again(agent):
    first = unsure(0.1)
    unsure(0.2)
    end = skip(agent, skip(agent, agent.get(PAGE)))
    assert shown(end) is None
    assert "You skipped 2 tickets. 2 tickets still wait for review." in card(end)
    again = re.search(r'id="again" href="([^"]+)"', end.content.decode())[1]
    assert shown(agent.get(again)) == first.pk


def test_skipping_what_was_fetched_back_does_not_go_back(agent):
    first, second = unsure(0.1), unsure(0.2)
    page = skip(agent, agent.get(PAGE))
    place = field(page, "after")
    page = agent.get(f"{PAGE}?ticket={first.pk}&after={place}")
    assert shown(page) == first.pk
    assert shown(skip(agent, page)) == second.pk


# --- empty --------------------------------------------------------------------------


def test_nothing_to_review_differs_from_no_tickets(agent):
    assert "No tickets yet" in card(agent.get(PAGE))
    TicketFactory(category_source="human", priority_source="human")
    assert "Nothing to review" in card(agent.get(PAGE))


def test_htmx_gets_the_card_alone(agent):
    unsure()
    page = agent.get(PAGE, headers=HTMX).content.decode()
    assert page.lstrip().startswith("<section")
    assert "<h1" not in page


def test_its_queries_are_few_however_many_wait(agent, django_assert_num_queries):
    for _ in range(30):
        unsure()
    # Session, user, groups; the ticket, why, and how many wait.
    with django_assert_num_queries(6):
        agent.get(PAGE)
