"""One ticket's page."""

import gzip
import html
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, TRIAGE, user_actor
from tickets.audit.trail import AuditEntry
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback
from tickets.pages import audit_text
from tickets.services import comments, editing, tickets
from tickets.tests.factories import AgentFactory, CommentFactory, PredictionFactory, TicketFactory

HTMX = {"HX-Request": "true"}


def page_of(client, ticket):
    return client.get(f"/tickets/{ticket.pk}/").content.decode()


def text(page):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def change(client, ticket, headers=None, **values):
    data = {"version": ticket.version} | values
    return client.post(f"/tickets/{ticket.pk}/", data, headers=headers)


def comment(client, ticket, **values):
    return client.post(f"/tickets/{ticket.pk}/comments/", values)


def test_it_shows_everything_an_agent_needs(agent):
    ticket = TicketFactory(
        title="Broken door", requester_email="anna@example.org", urgency_score=73,
        sentiment="angry", priority="critical",
    )  # fmt: skip
    page = text(page_of(agent, ticket))
    for words in (
        "Broken door",
        "anna@example.org",
        "73",
        "Angry",
        "Critical",
        "opened the ticket",
    ):
        assert words in page


@pytest.mark.parametrize(
    "path", ["/tickets/999999/", f"/tickets/{2**63}/", f"/tickets/{'9' * 99}/"]
)
def test_a_ticket_that_is_not_there(agent, path):
    assert agent.get(path).status_code == 404
    assert agent.post(path, {"version": 1, "status": "open"}).status_code == 404


def test_replies_and_notes_differ(agent, ticket):
    CommentFactory(ticket=ticket, body="To you", public=True)
    CommentFactory(ticket=ticket, body="Among us", public=False)
    page = page_of(agent, ticket)
    assert re.search(r'class="message ours".*?To you', page, re.S)
    assert re.search(r'class="message internal".*?Internal note.*?Among us', page, re.S)


def test_it_says_who_decided_and_how_sure(agent, agent_user, ticket):
    ticket.decide("category", "llm", 0.83)
    ticket.save()
    tickets.update_ticket(ticket.pk, {"priority": "high"}, user_actor(agent_user))
    page = text(page_of(agent, ticket)).replace("\u00a0", " ")
    assert "Model, 83 % sure" in page
    assert f"Set by {agent_user.username}" in page


def test_a_reply_is_public_and_a_note_is_not(agent, agent_user, ticket):
    comment(agent, ticket, body="To you", public="true")
    comment(agent, ticket, body="Among us", public="false")
    told = list(Comment.objects.values_list("body", "public", "author"))
    assert told == [("To you", True, agent_user.pk), ("Among us", False, agent_user.pk)]


def test_a_message_that_does_not_say_which_stays_internal(agent, ticket):
    comment(agent, ticket, body="Oops")
    assert not Comment.objects.get().public


def test_an_empty_reply_comes_back(agent, ticket):
    response = comment(agent, ticket, body="  ", public="true")
    assert response.status_code == 400
    assert b'id="body-error"' in response.content
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("status", "resolved"), ("category", "billing"), ("priority", "critical")]
)
def test_a_property_changes_alone(agent, ticket, name, value):
    response = change(agent, ticket, **{name: value})
    changed = Ticket.objects.get()
    assert response.url == f"/tickets/{ticket.pk}/"
    assert getattr(changed, name) == value
    assert changed.title == ticket.title


def test_it_is_assigned_and_given_back(agent, ticket):
    hanna = AgentFactory(username="hanna")
    change(agent, ticket, assignee="hanna")
    ticket.refresh_from_db()
    assert ticket.assignee == hanna
    change(agent, ticket, assignee="")
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_title_and_description_are_edited(agent, ticket):
    change(agent, ticket, title="New title", description="New text")
    ticket.refresh_from_db()
    assert (ticket.title, ticket.description) == ("New title", "New text")


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"},
        {"status": ""},
        {"category": ""},
        {"priority": "urgent"},
        {"assignee": "nobody-of-this-name"},
        {"title": "\u200b", "description": "x"},
        {"title": "x" * 201, "description": "x"},
        {"version": "", "status": "closed"},
        {"version": "-1", "status": "closed"},
        {"version": "9" * 30, "status": "closed"},
        {"urgency_score": "3"},
        {"id": "3", "created_at": "2020-01-01"},
    ],
)
def test_bad_values_are_refused(agent, ticket, values):
    assert change(agent, ticket, **values).status_code == 400
    assert Ticket.objects.values().get() == Ticket.objects.filter(pk=ticket.pk).values().get()
    assert Ticket.objects.get().version == ticket.version


def test_htmx_gets_the_page_and_a_toast(agent, ticket):
    response = change(agent, ticket, HTMX, priority="high")
    assert b'id="property-priority"' in response.content
    assert "priority is now High" in response["HX-Trigger"]


def test_htmx_shows_what_was_refused(agent, ticket):
    response = change(agent, ticket, HTMX, assignee="nobody-of-this-name")
    assert response.status_code == 200
    assert b"There is no agent of this name" in response.content


# --- two agents on one ticket ---


def test_a_stale_edit_keeps_the_typed_text_and_shows_what_changed(agent, ticket):
    tickets.update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description="My long text")
    page = response.content.decode()
    assert response.status_code == 409
    assert Ticket.objects.get().title == "Theirs"
    assert 'value="Mine"' in page
    assert "My long text" in page
    assert f"Title when you opened it {ticket.title} Title now Theirs Yours Mine" in text(page)
    assert "edited the title." in text(page)


def test_saving_again_puts_the_typed_text_in_place(agent, ticket):
    tickets.update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(AgentFactory()))
    page = change(agent, ticket, title="Mine", description="Text").content.decode()
    version = re.search(r'id="edit".*?name="version" value="(\d+)"', page, re.S)[1]
    change(agent, ticket, version=version, title="Mine", description="Text")
    assert Ticket.objects.get().title == "Mine"


def test_a_stale_property_is_told(agent, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    response = change(agent, ticket, HTMX, status="in_progress")
    assert Ticket.objects.get().status == "closed"
    assert "Status now Closed Yours In progress" in text(response.content.decode())


def test_changes_of_different_values_do_not_disturb_each_other(agent, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    change(agent, ticket, priority="high")
    changed = Ticket.objects.get()
    assert (changed.status, changed.priority) == ("closed", "high")


def test_triage_in_the_background_disturbs_nobody(agent, ticket):
    with editing.editing(ticket.pk, TRIAGE) as changed:
        changed.sentiment = "angry"
    response = change(agent, ticket, title="Mine", description="Text")
    assert response.status_code == 302
    assert Ticket.objects.get().title == "Mine"


def test_a_person_may_decide_what_triage_decided_meanwhile(agent, ticket):
    with editing.editing(ticket.pk, TRIAGE) as changed:
        changed.category = "technical"
        changed.decide("category", "llm", 0.9)
    change(agent, ticket, category="account")
    assert Ticket.objects.get().category == "account"


def test_what_a_colleague_confirmed_meanwhile_is_not_overwritten_unseen(agent, ticket):
    colleague = user_actor(AgentFactory(username="maria"))
    tickets.update_ticket(ticket.pk, {"category": ticket.category}, colleague)
    response = change(agent, ticket, category="account")
    assert response.status_code == 409
    assert "Category now General Yours Account" in text(response.content.decode())
    assert Ticket.objects.get().category == ticket.category


def test_the_last_choice_of_one_person_stands(agent, ticket):
    """Whose answer was lost, or who chose again before it came."""
    change(agent, ticket, status="closed")
    response = change(agent, ticket, status="in_progress")
    assert response.status_code == 302
    assert Ticket.objects.get().status == "in_progress"


def test_the_same_text_sent_again_is_no_conflict(agent, ticket):
    for _ in range(2):
        response = change(agent, ticket, title="Mine", description="Text")
        assert response.status_code == 302
    assert Ticket.objects.get().version == 2


def test_what_one_wrote_in_another_window_is_not_overwritten_unseen(agent, ticket):
    change(agent, ticket, title="First", description="Text")
    assert change(agent, ticket, title="Second", description="Text").status_code == 409
    assert Ticket.objects.get().title == "First"


def test_two_agents_edit_title_and_description_at_once(agent, ticket):
    tickets.update_ticket(ticket.pk, {"description": "Theirs"}, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description=ticket.description)
    assert response.status_code == 302
    changed = Ticket.objects.get()
    assert (changed.title, changed.description) == ("Mine", "Theirs")


def test_what_one_left_as_it_was_comes_back_as_it_is_now(agent, ticket):
    theirs = {"title": "Theirs", "description": "Theirs as well"}
    tickets.update_ticket(ticket.pk, theirs, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description=ticket.description)
    assert response.status_code == 409
    form = re.search(r'id="edit".*?</form>', response.content.decode(), re.S)[0]
    assert 'value="Mine"' in form
    assert "Theirs as well</textarea>" in form
    assert ticket.description not in form


# --- history ---


def test_an_account_is_not_taken_for_a_part_of_the_program(agent, ticket):
    for name in ("triage", "requester"):
        actor = user_actor(AgentFactory(username=name))
        changed = tickets.update_ticket(ticket.pk, {"title": f"By {name}"}, actor)
    told = [audit_text.actor_name(entry) for entry in changed.history()]
    assert told[-2:] == ["triage", "requester"]


def test_history_reads_like_sentences(agent, agent_user, ticket):
    actor = user_actor(agent_user)
    tickets.update_ticket(ticket.pk, {"status": "in_progress", "assignee": agent_user}, actor)
    tickets.update_ticket(ticket.pk, {"priority": ticket.priority}, actor)
    comments.add_comment(ticket, {"body": "Hello", "public": True}, actor)
    comments.add_comment(ticket, {"body": "Psst"}, actor)
    comments.add_reply(ticket, {"body": "Thanks"})
    name = agent_user.username
    history = text(page_of(agent, ticket)).split("History")[1]
    for sentence in (
        f"{name} changed status from open to in progress",
        f"changed assignee from nobody to {name}",
        f"{name} confirmed priority",
        f"{name} replied",
        f"{name} wrote an internal note",
        "The requester replied",
    ):
        assert sentence in history


def test_it_asks_for_the_csrf_token(agent_user, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent_user)
    assert change(client, ticket, status="closed").status_code == 403
    assert comment(client, ticket, body="Hello").status_code == 403
    assert Ticket.objects.get().status == "open"
    assert not Comment.objects.exists()


def test_its_queries_do_not_grow_with_the_conversation(agent, ticket, django_assert_num_queries):
    CommentFactory.create_batch(10, ticket=ticket, author=AgentFactory())
    # Session, user, groups; ticket, comments, agents, two for the history, one each for reasons
    # and suggestions; two for similar tickets.
    with django_assert_num_queries(12):
        page_of(agent, ticket)


def test_markup_is_shown_as_text(agent):
    ticket = TicketFactory(title="<script>x</script>", description="</textarea><script>x</script>")
    CommentFactory(ticket=ticket, body="<script>x</script>")
    assert "<script>x" not in page_of(agent, ticket)


def test_a_version_that_never_was_is_a_conflict(agent, ticket):
    assert change(agent, ticket, version=999, status="closed").status_code == 409
    assert Ticket.objects.get().status == "open"


def test_it_shows_the_words_that_decided(agent):
    made = tickets.create_ticket(
        {"title": "Charged", "description": "I was charged twice. Refund <b>my</b> invoice!"},
        SYSTEM,
    )
    page = agent.get(made.get_absolute_url()).content.decode()
    hint = re.search(r'id="by-category">(.*?)</p>', page, re.S)[1]
    assert "Offline triage" in hint
    assert "because of \N{LEFT DOUBLE QUOTATION MARK}" in hint
    tickets.update_ticket(made.pk, {"category": "account"}, SYSTEM)
    page = agent.get(made.get_absolute_url()).content.decode()
    assert re.search(r'id="by-category">(.*?)</p>', page, re.S)[1] == "Set by the system"


# --- conversation ---


def test_it_says_to_whom_a_reply_goes(agent):
    known = TicketFactory(requester_email="anna@example.org")
    assert "emailed to anna@example.org" in text(page_of(agent, known))
    assert "There is no email address" in text(page_of(agent, TicketFactory()))


@pytest.mark.parametrize("public", ["true", "false"])
def test_the_same_words_of_one_form_are_one_message(agent, ticket, public):
    key = re.search(r'name="form_key" value="([^"]+)"', page_of(agent, ticket))[1]
    first = comment(agent, ticket, body="Once", public=public, form_key=key)
    again = comment(agent, ticket, body="Once", public=public, form_key=key)
    assert first.url == again.url == f"/tickets/{ticket.pk}/#comment-{Comment.objects.get().pk}"


def test_a_reply_whose_answer_was_lost_can_still_resolve(agent, ticket):
    comment(agent, ticket, body="Done", public="true", form_key="a")
    for _ in range(2):
        comment(agent, ticket, body="Done", resolve="true", form_key="a")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.comments.count()) == ("resolved", 1)


def test_other_words_or_another_form_are_another_message(agent, ticket):
    for values in (
        {"body": "One", "form_key": "a"},
        {"body": "Two", "form_key": "a"},
        {"body": "One", "form_key": "b"},
        {"body": "One", "form_key": "a", "public": "true"},
        {"body": "One"},
        {"body": "One"},
    ):
        comment(agent, ticket, **values)
    assert Comment.objects.count() == 6


def test_the_form_key_of_one_ticket_means_nothing_to_another(agent):
    for ticket in TicketFactory.create_batch(2):
        comment(agent, ticket, body="Hello", form_key="a")
    assert Comment.objects.count() == 2


def test_a_message_that_was_deleted_does_not_come_back(agent, ticket):
    comment(agent, ticket, body="Once", form_key="a")
    Comment.objects.all().delete()
    assert comment(agent, ticket, body="Once", form_key="a").status_code == 404
    assert not Comment.objects.exists()


def test_a_reply_can_resolve_the_ticket(agent, ticket):
    for _ in range(2):
        comment(agent, ticket, body="Done", resolve="true", form_key="a")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert Comment.objects.get().public
    assert "Reply and resolve" not in text(page_of(agent, ticket))


def test_resolving_with_a_reply_offers_undo(agent, ticket):
    data = {"body": "Done", "resolve": "true", "form_key": "a"}
    response = agent.post(f"/tickets/{ticket.pk}/comments/", data, headers=HTMX)
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["undo"] == f"{ticket.pk}:2"
    agent.post("/tickets/undo/", {"changes": toast["undo"]})
    assert Ticket.objects.get().status == "open"
    assert Comment.objects.count() == 1
    again = agent.post(f"/tickets/{ticket.pk}/comments/", data, headers=HTMX)
    assert json.loads(again["HX-Trigger"])["toast"]["undo"] == ""


def test_a_typed_message_may_be_forgotten_only_once_it_is_stored(agent, ticket):
    path = f"/tickets/{ticket.pk}/comments/"
    stored = agent.post(path, {"body": "Hello", "public": "true"}, headers=HTMX)
    refused = agent.post(path, {"body": " ", "public": "true"}, headers=HTMX)
    assert json.loads(stored["HX-Trigger"])["stored"] == {"form": "composer"}
    assert "HX-Trigger" not in refused
    assert (stored.status_code, refused.status_code) == (200, 200)


def test_a_typed_edit_may_be_forgotten_only_once_it_is_stored(agent, ticket):
    stored = change(agent, ticket, HTMX, title="New", description="New")
    stale = change(agent, ticket, HTMX, title="Other", description="Other")
    assert json.loads(stored["HX-Trigger"])["stored"] == {"form": "edit"}
    assert "HX-Trigger" not in stale


# --- undo ---


def test_a_change_offers_undo(agent, ticket):
    response = change(agent, ticket, HTMX, priority="high")
    assert json.loads(response["HX-Trigger"])["toast"]["undo"] == f"{ticket.pk}:2"


def test_what_changed_nothing_offers_no_undo_of_somebody_elses_change(agent, ticket):
    tickets.update_ticket(ticket.pk, {"priority": "high"}, user_actor(AgentFactory()))
    response = change(agent, ticket, HTMX, status="open")
    assert json.loads(response["HX-Trigger"])["toast"]["undo"] == ""


# --- what triage suggested ---


def suggest(ticket, **values):
    evidence = [{"field": "title", "text": "refund", "start": 0, "end": 6}]
    return PredictionFactory(ticket=ticket, evidence=evidence, **{"confidence": 0.82} | values)


def test_a_suggestion_stands_beside_another_value(agent, ticket):
    suggest(ticket)
    page = page_of(agent, ticket)
    told = text(page).replace("\u00a0", " ")
    assert "Triage suggested: Billing , 82 % sure, because of “refund” Use Billing" in told
    assert 'id="confirm-category"' not in page


def test_a_value_as_suggested_can_be_confirmed(agent, ticket):
    ticket.decide("category", "llm", 0.82)
    ticket.save()
    suggest(ticket, value="general", source="llm")
    page = page_of(agent, ticket)
    assert 'id="confirm-category"' in page
    assert "Triage suggested" not in text(page)
    change(agent, ticket, category="general")
    assert 'id="confirm-category"' not in page_of(agent, ticket)
    assert Feedback.objects.get().value == "general"


def test_the_newest_suggestion_counts_and_none_of_a_shadow_or_without_a_clue(agent, ticket):
    suggest(ticket, value="technical")
    suggest(ticket, value="account")
    suggest(ticket, value="billing", use="shadow")
    suggest(ticket, value="billing", source="default", confidence=None)
    assert "Triage suggested: Account" in text(page_of(agent, ticket))


def accepted(page):
    form = re.search(r'id="accept".*?</form>', page, re.S)[0]
    return dict(re.findall(r'name="(version|category|priority)" value="(\w+)"', form))


def test_accepting_sends_both_values_in_one_change(agent, ticket):
    suggest(ticket)
    suggest(ticket, field="priority", value="high")
    values = accepted(page_of(agent, ticket))
    assert values == {"version": "1", "category": "billing", "priority": "high"}
    change(agent, ticket, **values)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority, ticket.version) == ("billing", "high", 2)
    assert Feedback.objects.count() == 2
    assert accepted(page_of(agent, ticket)) == {}


def test_accepting_leaves_alone_what_a_person_corrected(agent, agent_user, ticket):
    suggest(ticket)
    suggest(ticket, field="priority", value="high")
    actor = user_actor(agent_user)
    tickets.update_ticket(ticket.pk, {"category": "technical"}, actor)
    values = accepted(page_of(agent, ticket))
    assert values == {"version": "2", "priority": "high"}
    tickets.update_ticket(ticket.pk, {"priority": "low"}, actor)
    assert accepted(page_of(agent, ticket)) == {}


def test_it_says_who_set_status_and_assignee(agent, ticket):
    assert "Set by" not in text(page_of(agent, ticket))
    maria = user_actor(AgentFactory(username="maria"))
    tickets.update_ticket(ticket.pk, {"status": "in_progress", "assignee": maria.user}, maria)
    page = page_of(agent, ticket)
    for name in ("status", "assignee"):
        assert re.search(rf'id="by-{name}">Set by maria<', page)
    assert 'id="confirm-status"' not in page


def test_it_says_who_chose_and_who_confirmed_category_and_priority(agent):
    chosen = {"title": "Late", "description": "My bill came late.", "priority": "low"}
    ticket = tickets.create_ticket(chosen, REQUESTER)

    def by(name):
        page = agent.get(ticket.get_absolute_url()).content.decode()
        return re.search(rf'id="by-{name}">(.*?)</p>', page, re.S)[1]

    page = text(page_of(agent, ticket))
    assert "priority low (chosen)" in page
    assert by("priority") == "Set by the requester"
    assert by("category").startswith("Offline triage")
    maria = user_actor(AgentFactory(username="maria"))
    tickets.update_ticket(ticket.pk, {"category": ticket.category, "priority": "high"}, maria)
    assert by("category") == "Confirmed by maria"
    assert by("priority") == "Set by maria"


# --- without a mouse, without JavaScript ---


def test_it_is_taken_by_a_button_that_needs_no_script(agent, agent_user, ticket):
    button = re.search(r'name="assignee" value="([^"]+)" id="assign-me"', page_of(agent, ticket))
    # A browser sends the select as well, before the button.
    change(agent, ticket, assignee=["", button[1]])
    ticket.refresh_from_db()
    assert ticket.assignee == agent_user
    assert 'id="assign-me"' not in page_of(agent, ticket)


def test_history_of_a_long_life_folds(agent, agent_user, ticket):
    for status in ("closed", "open") * 6:
        tickets.update_ticket(ticket.pk, {"status": status}, user_actor(agent_user))
    page = page_of(agent, ticket)
    assert "5 earlier" in page
    assert page.count("changed status") == 12


# --- the history's words ---


def test_history_tells_what_triage_decided_and_how_sure(agent):
    made = tickets.create_ticket(
        {"title": "Charged twice", "description": "Please refund my invoice."}, SYSTEM
    )
    with editing.editing(made.pk, TRIAGE) as changed:
        changed.category = "account"
        changed.decide("category", "llm", 0.91)
    with editing.editing(made.pk, TRIAGE) as changed:
        changed.decide("category", "llm", 0.95)
        changed.decide("priority", "llm", 0.6)
    told = text(page_of(agent, made)).replace("\u00a0", " ")
    assert re.search(r"opened the ticket, category billing \(offline triage, \d+ % sure\)", told)
    assert "Triage changed category from billing to account (model, 91 % sure)" in told
    assert "Triage kept priority (model, 60 % sure)" in told


def test_who_edits_a_text_did_not_choose_its_mood(agent, agent_user, ticket):
    angry = "This is outrageous, I am furious, fix it NOW!!!"
    tickets.update_ticket(ticket.pk, {"description": angry}, user_actor(agent_user))
    assert "edited the description, triage changed" in text(page_of(agent, ticket))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("link sent", "sent the private link to the requester"),
        ("link revoked", "revoked the private link"),
        ("moved to the moon", "did: moved to the moon"),
    ],
)
def test_every_event_reads_well(event, words):
    assert audit_text.sentences(AuditEntry(timezone.now(), "maria", event, {})) == [words]


def test_its_style_sheets_stay_small(agent, ticket):
    sheets = set(re.findall(r'href="/static/(css/[^"]+)"', page_of(agent, ticket)))
    assert sheets == {"css/desk.css", "css/ticket.css"}
    packed = (gzip.compress(Path(finders.find(name)).read_bytes(), mtime=0) for name in sheets)
    assert sum(map(len, packed)) <= 6000
