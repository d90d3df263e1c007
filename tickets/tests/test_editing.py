"""What happens when two people change one ticket."""

import pytest
from django.db import transaction
from django.utils import timezone

from tickets.access.actors import SYSTEM, TRIAGE, user_actor
from tickets.exceptions import NotFound, StaleVersion
from tickets.models.ticket import Ticket
from tickets.services import tickets
from tickets.services.editing import ReadState, conflicting_fields, editing, own_changes
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import Source

pytestmark = pytest.mark.django_db

READ = ReadState(1)  # every ticket here is read as it was created
REVIEWED = ReadState(1, depends_on=frozenset({"title", "description", "status"}))


@pytest.fixture
def kim():
    return user_actor(AgentFactory(username="kim"))


@pytest.fixture
def lee():
    return user_actor(AgentFactory(username="lee"))


@pytest.fixture
def ticket():
    return TicketFactory(
        title="Printer",
        description="It smokes.",
        category_source=Source.OFFLINE,
        priority_source=Source.OFFLINE,
    )


def change(ticket, actor, **changes):
    """Change the ticket after others have read its first version."""
    return tickets.update_ticket(ticket.pk, changes, actor).ticket


def triage_decides(ticket, **values):
    """Change the ticket as a job of triage does."""
    with editing(ticket.pk, TRIAGE) as edit:
        for name, value in values.items():
            setattr(edit.ticket, name, value)
    return edit.ticket


def conflicts(ticket, actor, read=READ, **changes):
    return conflicting_fields(Ticket.objects.get(pk=ticket.pk), changes, actor, read)


# --- two people -------------------------------------------------------------------------


def test_an_unchanged_ticket_has_no_conflict(ticket, kim):
    assert conflicts(ticket, kim, status="closed", title="Smoke", category="billing") == set()


def test_different_fields_do_not_conflict(ticket, kim, lee):
    change(ticket, lee, priority="low")
    assert conflicts(ticket, kim, status="closed", title="Smoke") == set()


def test_one_field_with_different_values_conflicts(ticket, kim, lee):
    change(ticket, lee, status="in_progress", priority="low")
    assert conflicts(ticket, kim, status="closed", priority="high") == {"status", "priority"}
    assert conflicts(ticket, kim, status="closed") == {"status"}


def test_two_people_may_choose_the_same_value(ticket, kim, lee):
    change(ticket, lee, status="closed", assignee=None, priority="high")
    assert conflicts(ticket, kim, status="closed", assignee=None) == set()


def test_a_reviewer_learns_that_somebody_else_has_decided_the_same(ticket, kim, lee):
    change(ticket, lee, category="technical")
    assert conflicts(ticket, kim, REVIEWED, category="technical") == {"category"}


def test_a_value_that_was_changed_there_and_back_conflicts(ticket, kim, lee):
    change(ticket, lee, status="closed")
    change(ticket, lee, status="open")
    assert conflicts(ticket, kim, status="in_progress") == {"status"}


def test_an_assignee_conflicts(ticket, kim, lee):
    change(ticket, lee, assignee=lee.user)
    assert conflicts(ticket, kim, assignee=kim.user) == {"assignee"}


def test_a_confirmation_conflicts_with_another_value(ticket, kim, lee):
    change(ticket, lee, category="general")  # as it is, and from now on Lee's decision
    assert conflicts(ticket, kim, category="billing") == {"category"}
    assert conflicts(ticket, kim, priority="low") == set()


def test_programs_without_an_account_conflict_with_each_other(ticket):
    change(ticket, SYSTEM, status="in_progress")
    assert conflicts(ticket, SYSTEM, status="closed") == {"status"}


# --- the same person, and triage --------------------------------------------------------


def test_ones_own_newer_choice_is_not_a_conflict(ticket, kim):
    change(ticket, kim, status="in_progress", category="billing")
    assert conflicts(ticket, kim, status="closed", category="account") == set()


def test_ones_own_choice_does_not_hide_another_persons(ticket, kim, lee):
    change(ticket, lee, status="in_progress")
    change(ticket, kim, status="resolved")
    assert conflicts(ticket, kim, status="closed") == {"status"}


def test_triages_choice_is_not_a_conflict(ticket, kim):
    triage_decides(ticket, category="billing", category_confidence=0.9, priority="high")
    assert conflicts(ticket, kim, category="account", priority="low") == set()


def test_an_account_called_triage_is_a_person(ticket, kim):
    change(ticket, user_actor(AgentFactory(username="triage")), category="billing")
    assert conflicts(ticket, kim, category="account") == {"category"}


# --- texts ------------------------------------------------------------------------------


def test_another_persons_text_conflicts_unless_it_is_the_same(ticket, kim, lee):
    change(ticket, lee, title="Smoke")
    assert conflicts(ticket, kim, title="Fire") == {"title"}
    assert conflicts(ticket, kim, title="Smoke") == set()
    assert conflicts(ticket, kim, description="It burns.") == set()


def test_a_text_from_ones_own_second_window_conflicts_unless_it_is_the_same(ticket, kim):
    change(ticket, kim, description="It burns.")
    assert conflicts(ticket, kim, description="It glows.") == {"description"}
    assert conflicts(ticket, kim, description="It burns.") == set()


def test_a_form_of_both_texts_sends_only_the_changed_one(ticket, kim, lee):
    changed = change(ticket, lee, title="Smoke")
    sent = {"title": "Printer", "description": "It burns.", "status": "open"}
    assert own_changes(changed, sent, 1) == {"description": "It burns.", "status": "open"}
    edit = tickets.update_ticket(ticket.pk, sent, kim, read=READ)
    assert (edit.ticket.title, edit.ticket.description) == ("Smoke", "It burns.")


def test_a_form_of_all_fields_sends_only_the_changed_ones(ticket, lee):
    changed = change(ticket, lee, title="Smoke", assignee=lee.user, priority="low")
    sent = {"title": "Printer", "assignee": None, "priority": "medium", "status": "closed"}
    assert own_changes(changed, sent, 1, untouched=sent) == {"status": "closed"}
    sent |= {"assignee": lee.user}
    assert own_changes(changed, sent, 1, untouched=sent) == {
        "assignee": lee.user,
        "status": "closed",
    }


# --- a decision that depends on what was read -------------------------------------------


@pytest.mark.parametrize("name", ["kim", "lee"])
def test_anybodys_change_of_what_a_decision_depends_on_conflicts(ticket, kim, lee, name):
    change(ticket, {"kim": kim, "lee": lee}[name], description="It is about an invoice.")
    assert conflicts(ticket, kim, REVIEWED, category="technical") == {"description"}


def test_triages_choice_conflicts_with_a_decision_that_depends_on_what_was_read(ticket, kim):
    triage_decides(ticket, category="billing", category_confidence=0.9)
    assert conflicts(ticket, kim, REVIEWED, category="technical") == {"category"}
    assert conflicts(ticket, kim, REVIEWED, priority="low") == set()


def test_ones_own_newer_choice_is_not_a_conflict_for_a_decision_either(ticket, kim):
    change(ticket, kim, category="billing")
    assert conflicts(ticket, kim, REVIEWED, category="technical") == set()


def test_a_change_that_a_decision_does_not_depend_on_is_not_a_conflict(ticket, kim, lee):
    change(ticket, lee, assignee=lee.user)
    assert conflicts(ticket, kim, REVIEWED, category="technical") == set()


# --- versions ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", [-1, 0, 3, 2**31 - 1])
def test_a_version_that_never_was_is_stale(ticket, kim, lee, version):
    change(ticket, lee, priority="low")
    with pytest.raises(StaleVersion) as caught:
        conflicts(ticket, kim, ReadState(version), status="closed")
    assert caught.value.fields == frozenset()


def test_against_a_version_that_was_not_recorded_everything_conflicts(ticket, kim, lee):
    change(ticket, lee, priority="low")
    Ticket.pgh_event_model.objects.filter(version=1).delete()
    assert conflicts(ticket, kim, status="closed", title="Fire") == {"status", "title"}


# --- saving -----------------------------------------------------------------------------


def test_an_edit_without_conflicts_overtakes_other_versions(ticket, kim, lee):
    change(ticket, lee, priority="low")
    triage_decides(ticket, sentiment="angry")
    edit = tickets.update_ticket(ticket.pk, {"status": "closed"}, kim, read=READ)
    assert (edit.ticket.version, edit.is_new_version) == (4, True)
    assert (edit.ticket.status, edit.ticket.priority) == ("closed", "low")


def test_an_edit_with_conflicts_names_them_and_stores_nothing(ticket, kim, lee):
    change(ticket, lee, priority="low", title="Smoke")
    changes = {"status": "closed", "priority": "high", "title": "Fire"}
    with pytest.raises(StaleVersion) as caught:
        tickets.update_ticket(ticket.pk, changes, kim, read=READ)
    assert caught.value.fields == {"priority", "title"}
    stored = Ticket.objects.get()
    assert (stored.version, stored.status, stored.priority) == (2, "open", "low")


def test_an_edit_of_nothing_makes_no_version(ticket):
    with editing(ticket.pk, SYSTEM) as edit:
        edit.ticket.title = "Printer"
    assert (edit.ticket.version, edit.is_new_version) == (1, False)


def test_a_failed_edit_stores_nothing(ticket):
    def fail():
        with editing(ticket.pk, SYSTEM) as edit:
            edit.ticket.title = "Smoke"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert Ticket.objects.get().title == "Printer"


def test_an_edit_needs_the_ticket_and_its_current_version(ticket):
    with pytest.raises(NotFound), editing(ticket.pk + 1, SYSTEM):
        raise AssertionError("there is no such ticket")
    change(ticket, SYSTEM, title="Smoke")
    with pytest.raises(StaleVersion), editing(ticket.pk, SYSTEM, 1):
        raise AssertionError("this is not the current version")


def test_a_closed_ticket_keeps_the_time_of_its_resolution(ticket):
    resolved_at = change(ticket, SYSTEM, status="resolved").resolved_at
    assert resolved_at is not None
    assert change(ticket, SYSTEM, status="closed").resolved_at == resolved_at
    assert change(ticket, SYSTEM, status="open").resolved_at is None


def test_a_locked_ticket_is_the_same_as_one_that_was_found():
    agent = AgentFactory()
    for ticket in (TicketFactory(), TicketFactory(assignee=agent, snoozed_until=timezone.now())):
        expected = Ticket.including_spam.with_people().find(ticket.pk)
        with transaction.atomic():
            locked = Ticket.including_spam.lock(ticket.pk)
        assert locked.__dict__.keys() == expected.__dict__.keys()
        for column in [field.attname for field in Ticket._meta.concrete_fields]:
            assert getattr(locked, column) == getattr(expected, column), column
        assert (locked.assignee, locked._state.adding) == (expected.assignee, False)
