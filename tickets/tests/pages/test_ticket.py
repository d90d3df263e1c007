"""A ticket's page: changes, conflicts, audit trail, conversation, undo and suggestions."""

import html
import json
import re
import uuid
from dataclasses import astuple

import pytest
from django.test import Client
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, TRIAGE, user_actor
from tickets.api.serializers import suggestion
from tickets.audit.trail import AuditEntry, audit_trail
from tickets.models.ticket import Comment, Ticket
from tickets.models.triage import Feedback
from tickets.pages import audit_text
from tickets.services.comments import add_comment, add_reply
from tickets.services.editing import editing
from tickets.services.tickets import create_ticket, update_ticket
from tickets.services.undo import undo
from tickets.tests.factories import AgentFactory, CommentFactory, PredictionFactory, TicketFactory
from tickets.triage import signed_suggestions
from tickets.triage.results import Classification
from tickets.vocabulary import MAX_TITLE_CHARS

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
    values = ("Broken door", "anna@example.org", "73", "Angry", "Critical", "opened the ticket")
    for value in values:
        assert value in page


@pytest.mark.parametrize(
    "path", ["/tickets/999999/", f"/tickets/{2**63}/", f"/tickets/{'9' * 99}/"]
)
def test_an_unknown_ticket_is_not_found(agent, path):
    assert agent.get(path).status_code == 404
    assert agent.post(path, {"version": 1, "status": "open"}).status_code == 404


def test_replies_and_internal_notes_look_different(agent, ticket):
    CommentFactory(ticket=ticket, body="To you", public=True)
    CommentFactory(ticket=ticket, body="Among us", public=False)
    page = page_of(agent, ticket)
    assert re.search(r'class="message ours".*?To you', page, re.S)
    assert re.search(r'class="message internal".*?Internal note.*?Among us', page, re.S)


def test_it_says_who_decided_a_value_and_the_confidence(agent, agent_user, ticket):
    ticket.decide("category", "llm", 0.83)
    ticket.save()
    update_ticket(ticket.pk, {"priority": "high"}, user_actor(agent_user))
    page = text(page_of(agent, ticket))
    assert "Suggested by the model, 83% confident" in page
    assert f"Set by {agent_user.username}" in page


def test_a_reply_is_public_and_a_note_is_not(agent, agent_user, ticket):
    comment(agent, ticket, body="To you", public="true")
    comment(agent, ticket, body="Among us", public="false")
    stored = list(Comment.objects.values_list("body", "public", "author"))
    assert stored == [("To you", True, agent_user.pk), ("Among us", False, agent_user.pk)]


def test_a_comment_is_internal_by_default(agent, ticket):
    comment(agent, ticket, body="Oops")
    assert not Comment.objects.get().public


@pytest.mark.parametrize(
    "values",
    [
        {"public": "true", "note": "true"},
        {"public": "false", "resolve": "true"},
        {"resolve": "true"},
        {"public": ""},
    ],
)
def test_a_reply_needs_its_mode_and_its_button(agent, ticket, values):
    comment(agent, ticket, body="Among us", **values)
    assert not Comment.objects.get().public
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_an_empty_reply_is_refused(agent, ticket):
    response = comment(agent, ticket, body="  ", public="true")
    assert response.status_code == 400
    assert b'id="body-error"' in response.content
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("status", "resolved"), ("category", "billing"), ("priority", "critical")]
)
def test_one_property_can_change_alone(agent, ticket, name, value):
    response = change(agent, ticket, **{name: value})
    changed = Ticket.objects.get()
    assert response.url == f"/tickets/{ticket.pk}/"
    assert getattr(changed, name) == value
    assert changed.title == ticket.title


def test_assigning_and_unassigning(agent, ticket):
    hanna = AgentFactory(username="hanna")
    change(agent, ticket, assignee="hanna")
    ticket.refresh_from_db()
    assert ticket.assignee == hanna
    change(agent, ticket, assignee="")
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_editing_title_and_description(agent, ticket):
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
        {"title": "x" * (MAX_TITLE_CHARS + 1), "description": "x"},
        {"version": "", "status": "closed"},
        {"version": "-1", "status": "closed"},
        {"version": "9" * 30, "status": "closed"},
        {"urgency_score": "3"},
        {"id": "3", "created_at": "2020-01-01"},
    ],
)
def test_invalid_values_are_refused(agent, ticket, values):
    assert change(agent, ticket, **values).status_code == 400
    assert Ticket.objects.values().get() == Ticket.objects.filter(pk=ticket.pk).values().get()
    assert Ticket.objects.get().version == ticket.version


def test_htmx_gets_the_page_and_a_toast(agent, ticket):
    response = change(agent, ticket, HTMX, priority="high")
    assert b'id="property-priority"' in response.content
    assert "priority is now high" in response["HX-Trigger"]


def test_htmx_shows_errors(agent, ticket):
    response = change(agent, ticket, HTMX, assignee="nobody-of-this-name")
    assert response.status_code == 200
    assert b"There is no agent with this username" in response.content


# --- two agents on one ticket ---


def test_a_conflicting_edit_keeps_the_typed_text_and_shows_both_versions(agent, ticket):
    update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description="My long text")
    page = response.content.decode()
    assert response.status_code == 409
    assert Ticket.objects.get().title == "Theirs"
    assert 'value="Mine"' in page
    assert "My long text" in page
    assert f"Title when you opened it {ticket.title} Title now Theirs Yours Mine" in text(page)
    assert "edited the title." in text(page)


def test_saving_again_overwrites_the_newer_text(agent, ticket):
    update_ticket(ticket.pk, {"title": "Theirs"}, user_actor(AgentFactory()))
    page = change(agent, ticket, title="Mine", description="Text").content.decode()
    version = re.search(r'id="edit".*?name="version" value="(\d+)"', page, re.S)[1]
    change(agent, ticket, version=version, title="Mine", description="Text")
    assert Ticket.objects.get().title == "Mine"


def test_a_conflicting_property_shows_both_values(agent, ticket):
    update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    response = change(agent, ticket, HTMX, status="in_progress")
    assert Ticket.objects.get().status == "closed"
    assert "Status now closed Yours in progress" in text(response.content.decode())


def test_changes_of_different_values_do_not_conflict(agent, ticket):
    update_ticket(ticket.pk, {"status": "closed"}, user_actor(AgentFactory()))
    change(agent, ticket, priority="high")
    changed = Ticket.objects.get()
    assert (changed.status, changed.priority) == ("closed", "high")


def test_background_triage_does_not_conflict(agent, ticket):
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.sentiment = "angry"
    response = change(agent, ticket, title="Mine", description="Text")
    assert response.status_code == 302
    assert Ticket.objects.get().title == "Mine"


def test_a_person_may_overrule_newer_triage(agent, ticket):
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.category = "technical"
        edit.ticket.decide("category", "llm", 0.9)
    change(agent, ticket, category="account")
    assert Ticket.objects.get().category == "account"


def test_a_colleagues_confirmation_is_not_overwritten(agent, ticket):
    colleague = user_actor(AgentFactory(username="maria"))
    update_ticket(ticket.pk, {"category": ticket.category}, colleague)
    response = change(agent, ticket, category="account")
    assert response.status_code == 409
    assert "Category now general Yours account" in text(response.content.decode())
    assert Ticket.objects.get().category == ticket.category


def test_a_persons_own_newer_choice_does_not_conflict(agent, ticket):
    """Their answer was lost, or they chose again before it arrived."""
    change(agent, ticket, status="closed")
    response = change(agent, ticket, status="in_progress")
    assert response.status_code == 302
    assert Ticket.objects.get().status == "in_progress"


def test_the_same_text_sent_again_does_not_conflict(agent, ticket):
    for _ in range(2):
        response = change(agent, ticket, title="Mine", description="Text")
        assert response.status_code == 302
    assert Ticket.objects.get().version == 2


def test_a_text_from_ones_own_other_window_is_not_overwritten(agent, ticket):
    change(agent, ticket, title="First", description="Text")
    assert change(agent, ticket, title="Second", description="Text").status_code == 409
    assert Ticket.objects.get().title == "First"


def test_two_agents_can_edit_title_and_description_at_once(agent, ticket):
    update_ticket(ticket.pk, {"description": "Theirs"}, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description=ticket.description)
    assert response.status_code == 302
    changed = Ticket.objects.get()
    assert (changed.title, changed.description) == ("Mine", "Theirs")


def test_after_a_conflict_an_untouched_text_is_the_newest(agent, ticket):
    changes = {"title": "Theirs", "description": "Theirs as well"}
    update_ticket(ticket.pk, changes, user_actor(AgentFactory()))
    response = change(agent, ticket, title="Mine", description=ticket.description)
    assert response.status_code == 409
    form = re.search(r'id="edit".*?</form>', response.content.decode(), re.S)[0]
    assert 'value="Mine"' in form
    assert "Theirs as well</textarea>" in form
    assert ticket.description not in form


# --- audit trail ---


def test_accounts_differ_from_program_parts_of_the_same_name(agent, ticket):
    for name in ("triage", "requester"):
        actor = user_actor(AgentFactory(username=name))
        update_ticket(ticket.pk, {"title": f"By {name}"}, actor)
    names = [audit_text.actor_name(entry) for entry in audit_trail(ticket)]
    assert names[-2:] == ["triage", "requester"]


def test_the_audit_trail_reads_like_sentences(agent, agent_user, ticket):
    actor = user_actor(agent_user)
    update_ticket(ticket.pk, {"status": "in_progress", "assignee": agent_user}, actor)
    update_ticket(ticket.pk, {"priority": ticket.priority}, actor)
    add_comment(ticket, {"body": "Hello", "public": True}, actor)
    add_comment(ticket, {"body": "Psst"}, actor)
    add_reply(ticket, {"body": "Thanks"})
    name = agent_user.username
    history = text(page_of(agent, ticket)).split("History")[1]
    for sentence in (
        f"{name} changed status from open to in progress",
        f"changed assignee from unassigned to {name}",
        f"{name} confirmed priority",
        f"{name} replied",
        f"{name} added an internal note",
        "The requester replied",
    ):
        assert sentence in history


def test_it_needs_the_csrf_token(agent_user, ticket):
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent_user)
    assert change(client, ticket, status="closed").status_code == 403
    assert comment(client, ticket, body="Hello").status_code == 403
    assert Ticket.objects.get().status == "open"
    assert not Comment.objects.exists()


def test_queries_do_not_grow_with_the_conversation(agent, ticket, django_assert_num_queries):
    CommentFactory.create_batch(10, ticket=ticket, author=AgentFactory())
    page_of(agent, ticket)  # notes that the account has read it
    # Session, user, groups; ticket, its parts, comments, two for the audit trail, predictions,
    # profile, agents.
    with django_assert_num_queries(11):
        page_of(agent, ticket)


def test_markup_is_escaped(agent):
    ticket = TicketFactory(title="<script>x</script>", description="</textarea><script>x</script>")
    CommentFactory(ticket=ticket, body="<script>x</script>")
    assert "<script>x" not in page_of(agent, ticket)


def test_an_unknown_version_is_a_conflict(agent, ticket):
    response = change(agent, ticket, version=999, status="closed")
    assert response.status_code == 409
    assert "Status now open Yours closed" in text(response.content.decode())
    assert Ticket.objects.get().status == "open"


def test_it_shows_the_evidence_of_a_prediction(agent):
    ticket = create_ticket(
        {"title": "Charged", "description": "I was charged twice. Refund <b>my</b> invoice!"},
        SYSTEM,
    )
    page = agent.get(ticket.get_absolute_url()).content.decode()
    hint = re.search(r'id="by-category">(.*?)</p>', page, re.S)[1]
    assert "Suggested by the offline classifier" in hint
    assert "because of \N{LEFT DOUBLE QUOTATION MARK}" in hint
    update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    page = agent.get(ticket.get_absolute_url()).content.decode()
    assert re.search(r'id="by-category">(.*?)</p>', page, re.S)[1] == "Set by the system"


# --- conversation ---


def test_it_says_who_gets_a_reply(agent, settings):
    settings.EMAIL_BACKEND = settings.SMTP_BACKEND
    ticket = TicketFactory(requester_email="anna@example.org")
    assert "Replies are emailed to anna@example.org" in text(page_of(agent, ticket))
    assert "There is no email address" in text(page_of(agent, TicketFactory()))


@pytest.mark.parametrize("backend", ["console", "dummy"])
def test_it_promises_no_email_without_a_mail_server(agent, settings, backend):
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    page = text(page_of(agent, TicketFactory(requester_email="anna@example.org")))
    assert "No mail server is set up" in page
    assert "Replies are emailed" not in page


@pytest.mark.parametrize(
    ("method", "headers", "is_read"),
    [
        ("get", {}, True),
        ("head", {}, False),
        ("get", {"Sec-Purpose": "prefetch"}, False),
        ("get", {"Purpose": "prefetch"}, False),
    ],
)
def test_opening_it_marks_it_as_read(agent, agent_user, ticket, method, headers, is_read):
    add_reply(ticket, {"body": "Hello?"})
    getattr(agent, method)(f"/tickets/{ticket.pk}/", headers=headers)
    assert ticket.is_unread_by(agent_user) is not is_read


@pytest.mark.parametrize("public", ["true", "false"])
def test_the_same_comment_from_one_form_is_stored_once(agent, ticket, public):
    key = re.search(r'name="form_key" value="([^"]+)"', page_of(agent, ticket))[1]
    first = comment(agent, ticket, body="Once", public=public, form_key=key)
    again = comment(agent, ticket, body="Once", public=public, form_key=key)
    assert first.url == again.url == f"/tickets/{ticket.pk}/#comment-{Comment.objects.get().pk}"


def test_a_reply_sent_again_can_still_resolve(agent, ticket):
    comment(agent, ticket, body="Done", public="true", form_key="a")
    for _ in range(2):
        comment(agent, ticket, body="Done", public="true", resolve="true", form_key="a")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.comments.count()) == ("resolved", 1)


def test_other_content_or_another_form_is_another_comment(agent, ticket):
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


def test_a_form_key_belongs_to_one_ticket(agent):
    for ticket in TicketFactory.create_batch(2):
        comment(agent, ticket, body="Hello", form_key="a")
    assert Comment.objects.count() == 2


def test_a_deleted_comment_is_not_created_again(agent, ticket):
    comment(agent, ticket, body="Once", form_key="a")
    Comment.objects.all().delete()
    assert comment(agent, ticket, body="Once", form_key="a").status_code == 404
    assert not Comment.objects.exists()


def test_a_reply_can_resolve_the_ticket(agent, ticket):
    for _ in range(2):
        comment(agent, ticket, body="Done", public="true", resolve="true", form_key="a")
    ticket.refresh_from_db()
    assert ticket.status == "resolved"
    assert Comment.objects.get().public
    assert "Reply and resolve" not in text(page_of(agent, ticket))


def test_resolving_with_a_reply_offers_undo(agent, ticket):
    data = {"body": "Done", "public": "true", "resolve": "true", "form_key": "a"}
    response = agent.post(f"/tickets/{ticket.pk}/comments/", data, headers=HTMX)
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["undo"] == f"{ticket.pk}:3"
    agent.post("/tickets/undo/", {"changes": toast["undo"]})
    assert Ticket.objects.get().status == "open"
    assert Comment.objects.count() == 1
    again = agent.post(f"/tickets/{ticket.pk}/comments/", data, headers=HTMX)
    assert json.loads(again["HX-Trigger"])["toast"]["undo"] == ""


def test_only_a_stored_comment_discards_the_draft(agent, ticket):
    path = f"/tickets/{ticket.pk}/comments/"
    stored = agent.post(path, {"body": "Hello", "public": "true"}, headers=HTMX)
    refused = agent.post(path, {"body": " ", "public": "true"}, headers=HTMX)
    assert json.loads(stored["HX-Trigger"])["stored"] == {"form": "composer"}
    assert "HX-Trigger" not in refused
    assert (stored.status_code, refused.status_code) == (200, 200)


def test_only_a_stored_edit_discards_the_draft(agent, ticket):
    stored = change(agent, ticket, HTMX, title="New", description="New")
    conflict = change(agent, ticket, HTMX, title="Other", description="Other")
    assert json.loads(stored["HX-Trigger"])["stored"] == {"form": "edit"}
    assert "HX-Trigger" not in conflict


# --- undo ---


def test_a_change_offers_undo(agent, ticket):
    response = change(agent, ticket, HTMX, priority="high")
    assert json.loads(response["HX-Trigger"])["toast"]["undo"] == f"{ticket.pk}:2"


def test_an_unchanged_ticket_offers_no_undo(agent, ticket):
    update_ticket(ticket.pk, {"priority": "high"}, user_actor(AgentFactory()))
    response = change(agent, ticket, HTMX, status="open")
    assert json.loads(response["HX-Trigger"])["toast"]["undo"] == ""


# --- suggestions of triage ---


def suggest(ticket, **values):
    evidence = [{"field": "title", "text": "refund", "start": 0, "end": 6}]
    return PredictionFactory(ticket=ticket, evidence=evidence, **{"confidence": 0.82} | values)


def test_a_suggestion_is_shown_beside_another_value(agent, ticket):
    suggest(ticket)
    page = page_of(agent, ticket)
    assert "Triage suggested: Billing , 82% confident, because of “refund” Use Billing" in text(
        page
    )
    assert 'id="confirm-category"' not in page


@pytest.mark.parametrize("category", ["billing", "account"])
def test_it_links_to_the_confirmed_ticket_that_a_value_rests_on(agent, category):
    """Whether the value stands, or is suggested beside another one."""
    like = TicketFactory(category_source="human", priority_source="human")
    ticket = TicketFactory(category=category, category_source="offline", category_confidence=0.3)
    suggest(ticket, like_ticket=like.pk)
    reason = f'because of “refund”, like <a href="/tickets/{like.pk}/">#{like.pk}</a>'
    assert reason in page_of(agent, ticket)
    card = agent.get("/tickets/review/").content.decode()
    assert (reason in card) == (category == "billing")


def test_sentiment_and_urgency_have_their_own_evidence(agent):
    ticket = TicketFactory(
        sentiment="angry", urgency_score=71, sentiment_source="offline", sentiment_confidence=0.6
    )
    suggest(ticket, field="sentiment", value="angry", confidence=0.6)
    evidence = [{"field": "title", "text": "password", "start": 0, "end": 8}]
    PredictionFactory(ticket=ticket, field="urgency", value="71", evidence=evidence)
    parts = text(page_of(agent, ticket))
    assert "Angry Suggested by the offline classifier, 60% confident, because of “refund” " in parts
    assert "71 Suggested by the offline classifier, because of “password” " in parts


@pytest.mark.parametrize(
    ("is_decided", "source"), [(True, "human"), (False, "offline"), (False, "default")]
)
def test_a_corrected_suggestion_steps_back(agent, is_decided, source):
    ticket = TicketFactory(category="account", category_source=source)
    suggest(ticket)
    page = page_of(agent, ticket)
    assert "Triage suggested: <strong>Billing" in page
    assert ('class="suggestion"' in page) == (not is_decided)


def test_it_names_the_requesters_language_in_english(agent):
    page = page_of(agent, TicketFactory(language="de"))
    assert "The page and the emails are in German." in page


@pytest.mark.parametrize("fate", ["deleted", "spam", "merged"])
def test_a_confirmed_ticket_that_left_the_lists_is_not_named(agent, ticket, fate):
    like = TicketFactory()
    suggest(ticket, like_ticket=like.pk)
    if fate == "deleted":
        like.delete()
    elif fate == "spam":
        Ticket.objects.filter(pk=like.pk).update(spam=True)
    else:
        Ticket.objects.filter(pk=like.pk).update(merged_into=TicketFactory())
    page = page_of(agent, ticket)
    assert "because of “refund”" in page
    assert ", like " not in page


def test_requesters_do_not_see_which_ticket_a_value_rests_on(ticket):
    like = TicketFactory()
    suggest(ticket, like_ticket=like.pk)
    ticket.issue_link()
    ticket.save()
    page = Client().get(ticket.private_link_path())
    assert page.status_code == 200
    assert f"#{like.pk}" not in page.content.decode()


def test_a_suggestion_does_not_tell_which_ticket_it_rests_on():
    """Whoever types on the public page gets it."""
    like = 987654321
    result = Classification(category="billing", category_like=like, priority_like=like)
    payload = json.dumps(suggestion(result, signed_suggestions.sign(result, uuid.uuid4(), "")))
    assert str(like) not in payload
    assert like not in astuple(signed_suggestions.read(json.loads(payload)["suggestion_id"]))


def test_a_suggested_value_can_be_confirmed(agent, ticket):
    ticket.decide("category", "llm", 0.82)
    ticket.save()
    suggest(ticket, value="general", source="llm")
    page = page_of(agent, ticket)
    assert 'id="confirm-category"' in page
    assert "Triage suggested" not in text(page)
    change(agent, ticket, category="general")
    assert 'id="confirm-category"' not in page_of(agent, ticket)
    assert Feedback.objects.get().value == "general"


def test_the_latest_suggestion_counts_without_shadows_and_defaults(agent, ticket):
    suggest(ticket, value="technical")
    suggest(ticket, value="account")
    suggest(ticket, value="billing", use="shadow")
    suggest(ticket, value="billing", source="default", confidence=None)
    assert "Triage suggested: Account" in text(page_of(agent, ticket))


def accept_form(page):
    form = re.search(r'id="accept".*?</(?:form|div)>', page, re.S)[0]
    return dict(re.findall(r'name="(version|category|priority)" value="(\w+)"', form))


def test_accepting_sends_both_values_in_one_change(agent, ticket):
    suggest(ticket)
    suggest(ticket, field="priority", value="high")
    values = accept_form(page_of(agent, ticket))
    assert values == {"version": "1", "category": "billing", "priority": "high"}
    change(agent, ticket, **values)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.priority, ticket.version) == ("billing", "high", 2)
    assert Feedback.objects.count() == 2
    assert accept_form(page_of(agent, ticket)) == {}


def test_accepting_does_not_change_what_a_person_corrected(agent, agent_user, ticket):
    suggest(ticket)
    suggest(ticket, field="priority", value="high")
    actor = user_actor(agent_user)
    update_ticket(ticket.pk, {"category": "technical"}, actor)
    values = accept_form(page_of(agent, ticket))
    assert values == {"version": "2", "priority": "high"}
    update_ticket(ticket.pk, {"priority": "low"}, actor)
    assert accept_form(page_of(agent, ticket)) == {}


def test_it_says_who_set_status_and_assignee(agent, ticket):
    assert "Set by" not in text(page_of(agent, ticket))
    maria = user_actor(AgentFactory(username="maria"))
    update_ticket(ticket.pk, {"status": "in_progress", "assignee": maria.user}, maria)
    page = page_of(agent, ticket)
    for name in ("status", "assignee"):
        assert re.search(rf'id="by-{name}">Set by maria<', page)
    assert 'id="confirm-status"' not in page


def test_it_says_who_chose_and_who_confirmed_category_and_priority(agent):
    data = {"title": "Late", "description": "My bill came late.", "priority": "low"}
    ticket = create_ticket(data, REQUESTER)

    def hint(name):
        page = agent.get(ticket.get_absolute_url()).content.decode()
        return re.search(rf'id="by-{name}">(.*?)</p>', page, re.S)[1]

    assert "priority low (chosen)" in text(page_of(agent, ticket))
    assert hint("priority") == "Set by the requester"
    assert hint("category").startswith("Suggested by the offline classifier")
    maria = user_actor(AgentFactory(username="maria"))
    update_ticket(ticket.pk, {"category": ticket.category, "priority": "high"}, maria)
    assert hint("category") == "Confirmed by maria"
    assert hint("priority") == "Set by maria"


def test_after_an_undo_it_names_who_had_set_the_value(agent):
    data = {"title": "Late", "description": "My bill came late.", "priority": "low"}
    ticket = create_ticket(data, REQUESTER)
    maria, zoe = (user_actor(AgentFactory(username=name)) for name in ("maria", "zoe"))

    def hints():
        page = agent.get(ticket.get_absolute_url()).content.decode()
        return [
            re.search(rf'id="by-{name}">(.*?)</p>', page, re.S)[1]
            for name in ("priority", "category")
        ]

    before = hints()
    assert before[0] == "Set by the requester"
    changed = update_ticket(ticket.pk, {"priority": "high", "category": "account"}, maria).ticket
    later = update_ticket(ticket.pk, {"status": "in_progress"}, zoe).ticket
    undo([(changed.pk, changed.version)], zoe)
    assert hints() == before
    assert "Set by zoe" in text(page_of(agent, ticket))  # the status
    undo([(later.pk, later.version + 1)], maria)  # the Undo
    assert hints() == ["Set by maria", "Set by maria"]


@pytest.mark.parametrize("source", ["offline", "default", "human"])
def test_choosing_the_value_that_it_has_confirms_it(agent, source):
    ticket = TicketFactory(category="technical", category_source=source)
    response = change(agent, ticket, HTMX, category="technical")
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["message"] == f"Confirmed #{ticket.pk}: category technical."
    assert bool(toast["undo"]) == (source != "human")


# --- without scripts ---


def test_assigning_to_oneself_needs_no_scripts(agent, agent_user, ticket):
    button = re.search(r'name="assignee" value="([^"]+)" id="assign-me"', page_of(agent, ticket))
    # A browser sends the select as well, before the button.
    change(agent, ticket, assignee=["", button[1]])
    ticket.refresh_from_db()
    assert ticket.assignee == agent_user
    assert 'id="assign-me"' not in page_of(agent, ticket)


def test_a_long_audit_trail_folds(agent, agent_user, ticket):
    for status in ("closed", "open") * 6:
        update_ticket(ticket.pk, {"status": status}, user_actor(agent_user))
    page = page_of(agent, ticket)
    assert "5 earlier" in page
    assert page.count("changed status") == 12


# --- texts of the audit trail ---


def test_the_audit_trail_says_what_triage_decided_with_its_confidence(agent):
    ticket = create_ticket(
        {"title": "Charged twice", "description": "Please refund my invoice."}, SYSTEM
    )
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.category = "account"
        edit.ticket.decide("category", "llm", 0.91)
    with editing(ticket.pk, TRIAGE) as edit:
        edit.ticket.decide("category", "llm", 0.95)
        edit.ticket.decide("priority", "llm", 0.6)
    page = text(page_of(agent, ticket))
    opened = r"opened the ticket, category billing \(offline classifier, \d+% confident\)"
    assert re.search(opened, page)
    assert "Triage changed category from billing to account (model, 91% confident)" in page
    assert "Triage kept priority (model, 60% confident)" in page


def test_editing_a_text_does_not_choose_its_sentiment(agent, agent_user, ticket):
    angry = "This is outrageous, I am furious, fix it NOW!!!"
    update_ticket(ticket.pk, {"description": angry}, user_actor(agent_user))
    assert "edited the description, triage changed" in text(page_of(agent, ticket))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("link sent", "sent the private link to the requester"),
        ("link revoked", "revoked the private link"),
        ("moved to the moon", "did: moved to the moon"),
    ],
)
def test_event_texts(event, text):
    assert audit_text.texts(AuditEntry(timezone.now(), "maria", event, {})) == [text]


def test_it_has_one_style_sheet_of_its_own(agent, ticket):
    sheets = set(re.findall(r'href="/static/(css/[^"]+)"', page_of(agent, ticket)))
    assert sheets == {"css/desk.css", "css/ticket.css"}
