"""Tickets in the back office: every change goes through the services."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tickets.access.actors import SYSTEM, user_actor
from tickets.admin.base import MAX_CONFIRMED, BoundedPaginator, DeskModelAdmin
from tickets.models.events import Erasure
from tickets.models.ticket import Comment, Ticket
from tickets.services import editing, tickets
from tickets.services.merging import merge_tickets
from tickets.tests.factories import (
    AdminFactory,
    AgentFactory,
    CommentFactory,
    PredictionFactory,
    TicketFactory,
    UserFactory,
    many_tickets,
)
from tickets.tests.locks import wait_for_lock
from tickets.vocabulary import MAX_TEXT_CHARS, MAX_TITLE_CHARS

from .conftest import signed_in

LIST = "/admin/tickets/ticket/"


def listed(client, query=""):
    """Return the ids of the tickets in the list, in its order."""
    return [ticket.pk for ticket in client.get(f"{LIST}?{query}").context["cl"].result_list]


def act(client, action, *tickets, **more):
    selected = [ticket.pk for ticket in tickets]
    data = {"action": action, "index": "0", "_selected_action": selected, **more}
    return client.post(LIST, data, follow=True)


def notices(response):
    return [notice.text for notice in response.context["notices"]]


def form_of(client, path):
    """Return what a browser would send for the page's forms."""
    return form_data(client.get(path))


def form_data(response):
    context = response.context
    data = {}
    for form in (
        context["adminform"].form,
        *(form for each in context["inline_admin_formsets"] for form in each.formset),
        *(each.formset.management_form for each in context["inline_admin_formsets"]),
    ):
        data |= {field.html_name: field.value() for field in form}
    return {name: value for name, value in data.items() if value is not None and value is not False}


def change(client, ticket, **values):
    path = f"{LIST}{ticket.pk}/change/"
    return client.post(path, form_of(client, path) | values, follow=True)


def last_event(ticket):
    return Ticket.pgh_event_model.objects.filter(pgh_obj_id=ticket.pk).latest("pgh_id")


# --- the list ---


def test_the_list_is_newest_first(agent):
    tickets = TicketFactory.create_batch(3)
    assert listed(agent) == [ticket.pk for ticket in reversed(tickets)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "resolved"),
        ("priority", "critical"),
        ("category", "billing"),
        ("sentiment", "angry"),
    ],
)
def test_the_list_is_filtered_by(agent, field, value):
    TicketFactory()
    wanted = TicketFactory(**{field: value})
    assert listed(agent, f"{field}__exact={value}") == [wanted.pk]


def test_the_list_is_filtered_by_assignee(agent, agent_user):
    free, mine = TicketFactory(), TicketFactory(assignee=agent_user)
    of_zoe = TicketFactory(assignee=AgentFactory(username="zoe"))
    assert listed(agent, "assignee=me") == [mine.pk]
    assert listed(agent, "assignee=none") == [free.pk]
    assert listed(agent, "assignee=zoe") == [of_zoe.pk]


def test_the_filter_for_a_colleague_is_selected(agent):
    AgentFactory(username="zoe")
    [spec] = [
        each
        for each in agent.get(f"{LIST}?assignee=zoe").context["cl"].filter_specs
        if each.title == "assignee"
    ]
    assert spec.value() == "zoe"
    assert ("zoe", "zoe") in spec.lookup_choices


def test_the_list_is_filtered_by_needs_review(agent):
    uncertain = TicketFactory(
        category_source="offline", category_confidence=0.3, priority_source="human"
    )
    TicketFactory(category_source="human", priority_source="human")
    assert listed(agent, "needs_review=true") == [uncertain.pk]


def test_a_search_with_many_results_has_the_newest(agent):
    TicketFactory(title="Scanner")
    many_tickets(1001)
    response = agent.get(f"{LIST}?q=printer")
    assert response.context["cl"].result_count == 1000
    assert "newest" in notices(response)[0]
    response = agent.get(f"{LIST}?q=scanner")
    assert response.context["cl"].result_count == 1
    assert notices(response) == []


def test_the_search_matches_terms_phrases_and_numbers(agent):
    wanted = TicketFactory(title="The invoice INV-7 is wrong")
    other = TicketFactory(title="Wrong colours", description="Not about an invoice at all.")
    assert listed(agent, "q=inv-7") == [wanted.pk]
    assert listed(agent, "q=invoi+-colours") == [wanted.pk]
    assert listed(agent, "q=%22an+invoice%22") == [other.pk]
    assert listed(agent, f"q=%23{other.pk}") == [other.pk]


def merged_pair():
    source, target = (TicketFactory(requester_email="kim@example.org") for _ in range(2))
    merge_tickets(source.pk, target.pk, SYSTEM)
    return source, target


def test_the_number_of_a_merged_ticket_finds_the_one_that_it_is_part_of(agent):
    source, target = merged_pair()
    assert listed(agent, f"q=%23{source.pk}") == [target.pk]


@pytest.mark.parametrize("page", ["change", "history"])
def test_the_address_of_a_merged_ticket_leads_to_the_one_that_it_is_part_of(agent, page):
    source, target = merged_pair()
    response = agent.get(f"{LIST}{source.pk}/{page}/", follow=True)
    assert response.redirect_chain[-1][0] == f"{LIST}{target.pk}/change/"
    assert notices(response) == [f"#{source.pk} was merged into #{target.pk}."]


def test_a_change_of_a_ticket_that_was_merged_meanwhile_is_not_lost(agent):
    source, target = merged_pair()
    response = agent.post(f"{LIST}{source.pk}/change/", {"description": "A long text."})
    assert response.status_code == 409
    text = response.content.decode()
    assert f"#{source.pk} was merged into #{target.pk}." in text
    assert "A long text." in text


def test_the_number_of_queries_does_not_depend_on_the_tickets(
    agent, agent_user, django_assert_num_queries
):
    TicketFactory(assignee=agent_user)
    agent.get(LIST)
    for count in (1, 30):
        TicketFactory.create_batch(count, assignee=AgentFactory())
        # Session, user, two for permissions, groups, the bounded count, the page.
        with django_assert_num_queries(7):
            agent.get(LIST)


def test_the_list_never_counts_the_whole_table(agent):
    TicketFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries:
        agent.get(LIST)
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert f"LIMIT {BoundedPaginator.max_count}" in counts[0]


def test_a_list_too_long_to_count_says_so(agent):
    Ticket.objects.bulk_create(
        Ticket(title="x", description="x") for _ in range(BoundedPaginator.max_count + 1)
    )
    response = agent.get(LIST)
    assert response.context["cl"].result_count == BoundedPaginator.max_count
    assert "only the first 5,000 are counted" in response.content.decode()
    assert "Select all 5000" not in response.content.decode()


def test_values_have_labels(agent):
    TicketFactory(status="in_progress", priority="critical", sentiment="angry")
    html = agent.get(LIST).content.decode()
    for word in ("In progress</span>", "Critical</span>", "General</span>", "Angry</span>"):
        assert word in html


def test_script_in_a_title_stays_text(agent):
    TicketFactory(title="<script>alert(1)</script>")
    html = agent.get(LIST).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


# --- actions ---


@pytest.mark.parametrize("status", ["in_progress", "resolved", "closed", "open"])
def test_an_action_sets_the_status(agent, agent_user, status):
    first, second = TicketFactory.create_batch(2, status="open" if status != "open" else "closed")
    act(agent, f"status:{status}", first, second)
    for ticket in Ticket.objects.all():
        assert (ticket.status, ticket.version) == (status, 2)
        assert last_event(ticket).pgh_context["actor"] == agent_user.username


@pytest.mark.parametrize(("field", "value"), [("category", "billing"), ("priority", "critical")])
def test_an_action_that_sets_a_value_is_a_persons_decision(agent, ticket, field, value):
    act(agent, f"{field}:{value}", ticket)
    ticket.refresh_from_db()
    assert getattr(ticket, field) == value
    assert getattr(ticket, f"{field}_source") == "human"


def test_an_action_reports_changed_and_missing_tickets(agent):
    first, second, gone = TicketFactory.create_batch(3)
    number, _ = gone.pk, gone.delete()
    selected = [first.pk, second.pk, number]
    data = {"action": "status:closed", "index": "0", "_selected_action": selected}
    response = agent.post(LIST, data, follow=True)
    assert notices(response) == ["Status set to closed: 2 tickets. 1 ticket no longer exists."]


def test_an_action_can_be_undone(agent):
    tickets = TicketFactory.create_batch(2)
    html = act(agent, "status:closed", *tickets).content.decode()
    changes = re.search(r'name="changes" value="([^"]+)"', html)[1]
    response = agent.post("/tickets/undo/", {"changes": changes, "next": LIST}, follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"open"}


def test_assigning_to_me(agent, agent_user, ticket):
    response = act(agent, "assignee:me", ticket)
    ticket.refresh_from_db()
    assert ticket.assignee == agent_user
    assert notices(response) == ["Assigned to you: 1 ticket."]


def test_unassigning(agent, agent_user):
    ticket = TicketFactory(assignee=agent_user)
    response = act(agent, "assignee:nobody", ticket)
    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert notices(response) == ["Unassigned: 1 ticket."]


def test_assigning_to_a_colleague_asks_for_the_colleague(agent):
    tickets = TicketFactory.create_batch(2)
    other = TicketFactory()
    html = act(agent, "assignee:other", *tickets).content.decode()
    assert "Who gets 2 tickets?" in html
    assert not Ticket.objects.exclude(assignee=None).exists()
    # Send the page's form with the chosen agent.
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    data = {"_selected_action": [value for name, value in fields if name == "_selected_action"]}
    data = dict(fields) | data
    colleague = AgentFactory(username="zoe")
    response = agent.post(LIST, data | {"assignee": colleague.pk}, follow=True)
    assert notices(response) == ["Assigned to zoe: 2 tickets."]
    assert set(Ticket.objects.filter(assignee=colleague)) == set(tickets)
    other.refresh_from_db()
    assert other.assignee is None


@pytest.mark.parametrize("who", ["", "0", "outsider", "gone"])
def test_only_an_agent_can_be_assigned_tickets(agent, ticket, who):
    accounts = {
        "outsider": UserFactory().pk,
        "gone": AgentFactory(is_active=False).pk,
    }
    chosen = accounts.get(who, who)
    data = {"action": "assignee:other", "assign": "yes", "_selected_action": ticket.pk}
    response = agent.post(LIST, data | {"assignee": chosen})
    assert response.context["form"].errors["assignee"]
    ticket.refresh_from_db()
    assert ticket.assignee is None


@pytest.mark.parametrize("action", ["assignee:other", "delete_selected"])
def test_a_confirmed_action_is_limited_to_what_its_form_can_name(admin, ticket, action):
    Ticket.objects.bulk_create(Ticket(title="x", description="x") for _ in range(MAX_CONFIRMED))
    response = act(admin, action, ticket, select_across="1")
    assert f"up to {MAX_CONFIRMED} tickets" in notices(response)[0]
    assert Ticket.objects.count() == MAX_CONFIRMED + 1


@pytest.fixture
def permitted(db):
    """Sign in somebody who has these permissions and no group."""

    def sign_in(*codenames):
        clerk = UserFactory(is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return signed_in(clerk)

    return sign_in


def test_only_agents_take_tickets(permitted, ticket):
    clerk = permitted("view_ticket", "change_ticket")
    assert "No action selected." in notices(act(clerk, "assignee:me", ticket))
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_reader_changes_nothing(permitted, ticket):
    reader = permitted("view_ticket")
    path = f"{LIST}{ticket.pk}/change/"
    html = reader.get(path).content.decode()
    assert ticket.title in html
    assert '<input type="text"' not in html
    assert "<textarea" not in html
    assert reader.post(path, {"title": "Mine"}).status_code == 403
    act(reader, "status:closed", ticket)
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_an_action_touches_only_what_was_selected(agent):
    selected, other = TicketFactory.create_batch(2)
    act(agent, "status:closed", selected)
    other.refresh_from_db()
    assert other.status == "open"


def test_an_action_on_all_rows_keeps_to_the_filter(agent):
    high, other = TicketFactory(priority="high"), TicketFactory()
    data = {"action": "status:closed", "index": "0", "select_across": "1"}
    agent.post(f"{LIST}?priority__exact=high", data | {"_selected_action": [high.pk]})
    assert Ticket.objects.get(pk=high.pk).status == "closed"
    assert Ticket.objects.get(pk=other.pk).status == "open"


def test_an_action_on_too_many_tickets_is_refused(agent, ticket):
    most = DeskModelAdmin.max_selected
    Ticket.objects.bulk_create(Ticket(title="x", description="x") for _ in range(most))
    for across in ("1", "true"):
        response = act(agent, "status:closed", ticket, select_across=across)
        assert "Narrow the list" in notices(response)[0]
    assert not Ticket.objects.filter(status="closed").exists()


def test_the_actions_are_grouped_by_the_field_that_they_set(agent, ticket):
    choices = dict(agent.get(LIST).context["action_form"].fields["action"].choices)
    assert list(choices) == ["", "Status", "Priority", "Category", "Assignee", "Spam"]
    assert choices["Priority"][0] == ("priority:low", "Set to low")
    assert [name for name, _ in choices["Assignee"]] == [
        *("assignee:me", "assignee:other", "assignee:nobody"),
    ]


# --- deleting ---


def with_related_rows():
    """Create a ticket with comments, a prediction and feedback."""
    ticket = TicketFactory()
    CommentFactory.create_batch(2, ticket=ticket)
    PredictionFactory(ticket=ticket)
    ticket.feedback.create(field="category", value="billing", corrected=True)
    return ticket


def test_deleting_counts_the_related_rows_and_deletes_them(admin, admin_user):
    ticket, other = with_related_rows(), with_related_rows()
    path = f"{LIST}{ticket.pk}/delete/"
    counts = dict(admin.get(path).context["model_count"])
    assert counts == {"tickets": "1", "comments": "2", "predictions": "1", "feedback": "1"}
    admin.post(path, {"post": "yes"})
    assert list(Ticket.objects.all()) == [other]
    assert erased() == [(ticket.pk, admin_user.username, admin_user.pk)]


def test_deleting_a_long_conversation_names_no_comment(admin, django_assert_max_num_queries):
    ticket = TicketFactory()
    CommentFactory.create_batch(30, ticket=ticket, body="A comment of this ticket")
    with django_assert_max_num_queries(21):
        html = admin.get(f"{LIST}{ticket.pk}/delete/").content.decode()
    assert "A comment of this ticket" not in html
    assert "30" in html


def test_selected_tickets_are_deleted_after_asking(admin):
    first, second, other = (with_related_rows() for _ in range(3))
    assert "Are you sure" in act(admin, "delete_selected", first, second).content.decode()
    assert Ticket.objects.count() == 3
    act(admin, "delete_selected", first, second, post="yes")
    assert list(Ticket.objects.all()) == [other]


# --- one ticket ---


def test_a_changed_form_saves_a_new_version_by_this_user(agent, agent_user, ticket):
    response = change(agent, ticket, category="billing", status="resolved")
    assert "was changed successfully" in notices(response)[0]
    ticket.refresh_from_db()
    assert (ticket.category, ticket.status, ticket.version) == ("billing", "resolved", 2)
    assert (ticket.category_source, ticket.priority_source) == ("human", "default")
    assert last_event(ticket).pgh_context == {
        "actor": agent_user.username,
        "user": agent_user.pk,
    }


def test_an_unchanged_form_changes_nothing(agent, ticket):
    change(agent, ticket)
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_a_new_text_is_scored_again(agent, ticket):
    change(agent, ticket, description="I am furious! This is outrageous, nothing works at all!!!")
    ticket.refresh_from_db()
    assert ticket.sentiment_source == "offline"
    assert ticket.sentiment == "angry"


def test_the_form_assigns_only_agents(agent, ticket):
    colleague = AgentFactory()
    change(agent, ticket, assignee=colleague.pk)
    ticket.refresh_from_db()
    assert ticket.assignee == colleague
    outsider = AgentFactory()
    outsider.groups.clear()
    response = change(agent, ticket, assignee=outsider.pk)
    assert "assignee" in response.context["adminform"].form.errors
    ticket.refresh_from_db()
    assert ticket.assignee == colleague


def test_a_ticket_stays_assigned_to_a_deactivated_agent_until_changed(agent):
    gone, other = AgentFactory.create_batch(2, is_active=False)
    ticket = TicketFactory(assignee=gone)
    html = agent.get(f"{LIST}{ticket.pk}/change/").content.decode()
    assert f'<option value="{gone.pk}" selected>' in html
    response = change(agent, ticket, status="closed")
    assert "was changed successfully" in notices(response)[0]
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (gone, "closed")
    response = change(agent, ticket, assignee=other.pk)
    assert "assignee" in response.context["adminform"].form.errors
    change(agent, ticket, assignee="")
    ticket.refresh_from_db()
    assert ticket.assignee is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * (MAX_TITLE_CHARS + 1)),
        ("title", "\u200b"),
        ("description", "x" * (MAX_TEXT_CHARS + 1)),
        ("requester_email", "nobody"),
        ("category", ""),
        ("priority", "urgent"),
        ("status", "\0"),
        ("version_seen", "x"),
    ],
)
def test_a_bad_value_is_reported_and_nothing_is_saved(agent, ticket, field, value):
    response = change(agent, ticket, **{field: value})
    assert field in response.context["adminform"].form.errors
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_the_values_of_triage_cannot_be_edited(agent, ticket):
    change(agent, ticket, sentiment="angry", urgency_score="99", category_source="llm")
    ticket.refresh_from_db()
    assert (ticket.sentiment, ticket.urgency_score) == ("neutral", 50)
    assert ticket.category_source == "default"


def test_a_conflict_keeps_the_input_and_shows_the_stored_value(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"title": "My better title", "comments-0-body": "And a note"}
    update_by_colleague(ticket, title="Their title")

    response = agent.post(path, data)
    html = response.content.decode()
    assert "Conflict: somebody else changed this ticket" in html
    assert "Stored now: Title: Their title." in html
    assert 'value="My better title"' in html
    assert "And a note" in html
    assert Ticket.objects.get(pk=ticket.pk).title == "Their title"
    assert not Comment.objects.exists()

    agent.post(path, form_data(response) | {"comments-0-body": "And a note"})
    assert Ticket.objects.get(pk=ticket.pk).title == "My better title"
    assert Comment.objects.get().body == "And a note"


def update_by_colleague(ticket, **changes):
    return tickets.update_ticket(ticket.pk, changes, user_actor(AdminFactory())).ticket


COLLEAGUE = {  # what a colleague sets while the form is open, and what the form's editor sets
    "title": ("Their title", "My title"),
    "description": ("Their description", "My description"),
    "category": ("billing", "account"),
    "priority": ("high", "low"),
    "status": ("in_progress", "resolved"),
    "requester_email": ("theirs@example.org", "mine@example.org"),
}


@pytest.mark.parametrize("field", COLLEAGUE)
def test_a_colleagues_change_to_a_value_left_alone_stands(agent, ticket, field):
    """The form still sends the old value, but nobody has chosen it."""
    theirs, _ = COLLEAGUE[field]
    own = "title" if field != "title" else "description"
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {own: "My text"}
    update_by_colleague(ticket, **{field: theirs})
    response = agent.post(path, data, follow=True)
    assert "was changed successfully" in notices(response)[0]
    ticket.refresh_from_db()
    assert (getattr(ticket, field), getattr(ticket, own)) == (theirs, "My text")
    assert ticket.version == 3


@pytest.mark.parametrize("field", COLLEAGUE)
def test_a_value_that_two_people_changed_is_a_conflict(agent, ticket, field):
    theirs, mine = COLLEAGUE[field]
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {field: mine}
    update_by_colleague(ticket, **{field: theirs})
    response = agent.post(path, data)
    [error] = response.context["adminform"].form.non_field_errors()
    assert theirs.replace("_", " ").lower() in error.lower()
    ticket.refresh_from_db()
    assert (getattr(ticket, field), ticket.version) == (theirs, 2)
    agent.post(path, form_data(response))
    ticket.refresh_from_db()
    assert (getattr(ticket, field), ticket.version) == (mine, 3)


def test_an_assignee_left_alone_stays_the_colleagues_choice(agent, agent_user, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path)
    update_by_colleague(ticket, assignee=AgentFactory(username="zoe"))
    agent.post(path, data | {"status": "closed"})
    ticket.refresh_from_db()
    assert (ticket.assignee.username, ticket.status) == ("zoe", "closed")
    response = agent.post(path, data | {"assignee": agent_user.pk})
    assert "Assignee: zoe" in response.content.decode()


def test_the_assignee_that_the_form_showed_may_be_deleted(agent):
    gone = AgentFactory()
    ticket = TicketFactory(assignee=gone)
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"assignee": "", "status": "closed"}
    zoe = AgentFactory(username="zoe")
    update_by_colleague(ticket, assignee=zoe)
    gone.delete()
    response = agent.post(path, data)
    assert "Stored now: Assignee: zoe." in response.content.decode()
    agent.post(path, form_data(response))
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (None, "closed")


def test_after_a_conflict_saving_overwrites_only_what_the_message_shows(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"title": "My title"}
    zoe = AgentFactory(username="zoe")
    theirs = {"title": "Their title", "status": "closed", "description": "Theirs", "assignee": zoe}
    update_by_colleague(ticket, **theirs, requester_email="theirs@example.org")
    response = agent.post(path, data)
    [error] = response.context["adminform"].form.non_field_errors()
    assert "Stored now: Title: Their title. To overwrite" in error
    response = agent.post(path, form_data(response), follow=True)
    assert "My title" in notices(response)[0]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status, ticket.description) == ("My title", "closed", "Theirs")
    assert (ticket.assignee, ticket.requester_email) == (zoe, "theirs@example.org")


def test_values_left_alone_are_neither_confirmed_nor_logged(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"status": "closed"}
    update_by_colleague(ticket, title="Their title", requester_email="theirs@example.org")
    response = agent.post(path, data, follow=True)
    assert "Their title" in notices(response)[0]
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"#{ticket.pk} Their title"
    assert entry.get_change_message() == "Changed status."
    ticket.refresh_from_db()
    assert (ticket.category_source, ticket.priority_source) == ("default", "default")


def test_a_value_that_both_set_alike_is_not_a_conflict(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"title": "Our title"}
    update_by_colleague(ticket, title="Our title", status="closed")
    response = agent.post(path, data, follow=True)
    assert "was changed successfully" in notices(response)[0]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.status, ticket.version) == ("Our title", "closed", 2)


def test_ones_own_newer_choice_is_not_a_conflict(agent, agent_user, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path)
    change(agent, ticket, priority="high")  # in another window
    response = agent.post(path, data | {"priority": "low"}, follow=True)
    assert "was changed successfully" in notices(response)[0]
    assert Ticket.objects.get(pk=ticket.pk).priority == "low"


@pytest.mark.parametrize("version", ["0", "2", "-1"])
def test_a_version_that_the_ticket_never_had_is_refused(agent, ticket, version):
    response = change(agent, ticket, title="My title", version_seen=version)
    assert response.status_code == 412
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_text_sent_to_a_deleted_ticket_is_displayed_again(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"title": "My better title", "comments-0-body": "And a note"}
    ticket.delete()
    response = agent.post(path, data)
    assert response.status_code == 404
    html = response.content.decode()
    assert "This ticket no longer exists" in html
    assert "My better title" in html
    assert "And a note" in html
    assert agent.get(path).status_code == 302


def test_an_action_that_empties_the_page_redirects_to_the_first(agent, monkeypatch):
    monkeypatch.setattr("tickets.admin.base.DeskModelAdmin.list_per_page", 2)
    oldest, *_ = TicketFactory.create_batch(5)
    data = {"action": "status:closed", "index": "0", "_selected_action": [oldest.pk]}
    response = agent.post(f"{LIST}?status__exact=open&p=3", data, follow=True)
    assert response.redirect_chain == [("?status__exact=open", 302)]
    assert "Status set to closed: 1 ticket." in notices(response)
    act(agent, "status:open", oldest)
    data["action"] = "priority:high"
    assert agent.post(f"{LIST}?p=3", data).url == f"{LIST}?p=3"


@pytest.mark.django_db(transaction=True)
def test_a_save_at_the_same_moment_is_refused(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"title": "My better title"}

    def save():
        try:
            return agent.post(path, data)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with editing.editing(ticket.pk, user_actor(AdminFactory())) as edit:
            edit.ticket.title = "Their title"
            response = pool.submit(save)
            # The form was valid, because it read the ticket before the edit. Now it waits to save.
            wait_for_lock()
        assert response.result().status_code == 412
    assert Ticket.objects.get(pk=ticket.pk).title == "Their title"


def test_a_comment_can_be_added_to_a_ticket_that_has_changed(agent, ticket):
    path = f"{LIST}{ticket.pk}/change/"
    data = form_of(agent, path) | {"comments-0-body": "Called them."}
    # A confirmation: a new version in which no value of the form differs.
    tickets.update_ticket(ticket.pk, {"priority": ticket.priority}, user_actor(AdminFactory()))
    agent.post(path, data)
    assert Comment.objects.get().body == "Called them."


def test_the_number_of_queries_does_not_depend_on_the_conversation(
    agent, ticket, django_assert_max_num_queries
):
    CommentFactory(ticket=ticket, author=AgentFactory())
    path = f"{LIST}{ticket.pk}/change/"
    with CaptureQueriesContext(connection) as few:
        agent.get(path)
    for _ in range(20):
        CommentFactory(ticket=ticket, author=AgentFactory())
    with django_assert_max_num_queries(len(few)):
        agent.get(path)
    assert len(few) <= 10


def test_the_page_links_to_the_desks_page(agent, ticket):
    html = agent.get(f"{LIST}{ticket.pk}/change/").content.decode()
    link = re.search(r'href="(/admin/r/[^"]+)"', html)[1]
    assert agent.get(link).url.endswith(f"/tickets/{ticket.pk}/")


def test_the_page_shows_who_decided_and_how_confident_it_was(agent):
    ticket = TicketFactory(category_source="offline", category_confidence=0.82)
    page = agent.get(f"{LIST}{ticket.pk}/change/").content.decode()
    assert "Suggested by the offline classifier, 82% confident" in page


# --- conversation and history ---


def test_a_comment_has_its_author(agent, agent_user, ticket):
    data = {"comments-0-body": "We are on it.", "comments-0-public": "on"}
    change(agent, ticket, **data)
    comment = Comment.objects.get()
    assert (comment.author, comment.author_role) == (agent_user, "agent")
    assert (comment.body, comment.public) == ("We are on it.", True)


def test_a_comment_is_internal_unless_it_is_made_public(agent, ticket):
    change(agent, ticket, **{"comments-0-body": "Looks like fraud."})
    assert Comment.objects.get().public is False


def test_existing_comments_cannot_be_edited(admin, ticket):
    comment = CommentFactory(ticket=ticket, body="As it was")
    html = admin.get(f"{LIST}{ticket.pk}/change/").content.decode()
    fields = re.findall(r'<textarea name="comments-\d+-body"[^>]*>\s*([^<]*)<', html)
    assert fields == [""]
    forged = {"comments-0-id": comment.pk, "comments-INITIAL_FORMS": "1"}
    change(admin, ticket, **forged, **{"comments-0-body": "Rewritten"})
    comment.refresh_from_db()
    assert comment.body == "As it was"


@pytest.mark.parametrize("body", ["\u200b", "x" * (MAX_TEXT_CHARS + 1)])
def test_a_bad_comment_refuses_the_whole_form(agent, ticket, body):
    change(agent, ticket, title="Another title", **{"comments-0-body": body})
    assert not Comment.objects.exists()
    assert Ticket.objects.get(pk=ticket.pk).version == 1


def test_the_history_is_the_audit_trail(agent, agent_user, ticket):
    tickets.update_ticket(ticket.pk, {"status": "closed"}, user_actor(AdminFactory(username="ada")))
    change(agent, ticket, **{"comments-0-body": "Closed by mistake?"})
    html = agent.get(f"{LIST}{ticket.pk}/history/").content.decode()
    table = html[html.index("<tbody>") : html.index("</tbody>")]
    texts = ["ada", "from open to closed", agent_user.username, "internal note"]
    positions = [table.index(text) for text in texts]
    assert positions == sorted(positions)


# --- adding and deleting ---

NEW = {"title": "New laptop", "description": "The old one is broken.", "status": "open"}


def test_triage_fills_in_what_was_not_chosen(agent, agent_user):
    agent.post(f"{LIST}add/", NEW | {"description": "I was charged twice, I want a refund!"})
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.category_source) == ("billing", "offline")
    assert ticket.link_digest
    assert last_event(ticket).pgh_context["actor"] == agent_user.username


def test_a_new_ticket_keeps_what_the_person_chose(agent):
    agent.post(f"{LIST}add/", NEW | {"category": "account", "priority": "low"})
    ticket = Ticket.objects.get()
    assert (ticket.category, ticket.priority) == ("account", "low")
    assert (ticket.category_source, ticket.priority_source) == ("human", "human")


def test_the_form_for_a_new_ticket_has_no_default_choice(agent):
    form = agent.get(f"{LIST}add/").context["adminform"].form
    assert (form["category"].value(), form["priority"].value()) == ("", "")


def test_a_new_ticket_with_a_bad_value_is_not_stored(agent):
    response = agent.post(f"{LIST}add/", NEW | {"title": "\u200b", "category": "urgent"})
    assert set(response.context["adminform"].form.errors) == {"title", "category"}
    assert not Ticket.objects.exists()


def erased():
    """Return which numbers were erased, by whom."""
    return sorted(Erasure.objects.values_list("ticket_number", "actor", "account"))


def test_deleting_leaves_of_the_audit_trail_who_did_it(admin, admin_user, ticket):
    comment = CommentFactory(ticket=ticket)
    admin.post(f"{LIST}{ticket.pk}/delete/", {"post": "yes"})
    assert not Ticket.objects.exists()
    assert not Ticket.pgh_event_model.objects.filter(pgh_obj_id=ticket.pk).exists()
    assert not comment.pgh_event_model.objects.exists()
    assert erased() == [(ticket.pk, admin_user.username, admin_user.pk)]


def test_deleting_several_tickets_is_audited(admin, admin_user):
    tickets, other = TicketFactory.create_batch(2), TicketFactory()
    act(admin, "delete_selected", *tickets, post="yes")
    assert list(Ticket.objects.all()) == [other]
    assert erased() == [(ticket.pk, admin_user.username, admin_user.pk) for ticket in tickets]


def test_the_sentiment_has_one_name_everywhere(agent):
    ticket = TicketFactory(sentiment="angry")
    for path in (LIST, f"{LIST}{ticket.pk}/change/"):
        html = agent.get(path).content.decode()
        assert "Sentiment" in html
        assert not re.search(r"\b([Tt]one|Mood)\b", re.sub(r"<[^>]+>", "", html))
