"""Who gets the public replies of a ticket into which others were merged."""

import pytest

from tickets.access.actors import user_actor
from tickets.exceptions import NotFound
from tickets.mail.addresses import Address
from tickets.models.mail import Email
from tickets.models.participants import Participant
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.participants import (
    add_participant,
    add_participants,
    remove_participant,
    set_active,
)
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.mailing import reply

pytestmark = pytest.mark.django_db
LOU, ANN = "lou@example.net", "ann@example.net"


@pytest.fixture
def agent():
    return user_actor(AgentFactory())


@pytest.fixture
def source():
    return TicketFactory(requester_email="kim@example.org")


@pytest.fixture
def target():
    return TicketFactory(requester_email="kim@example.org")


@pytest.fixture
def merge(source, target, agent):
    return lambda: merge_tickets(source.pk, target.pk, agent)


def recipients(ticket, agent):
    """Return the addresses to which a new reply goes."""
    comment = reply(ticket, agent)
    return sorted(email.current_address for email in Email.objects.filter(comment=comment))


def people_of(ticket):
    return sorted(Participant.objects.of(ticket).values_list("address", flat=True))


def test_participants_of_a_merged_ticket_get_replies(source, target, agent, merge):
    add_participant(source, LOU, agent)
    add_participant(target, ANN, agent)
    merge()
    assert recipients(target, agent) == [ANN, "kim@example.org", LOU]
    unmerge_ticket(source.pk, agent)
    assert recipients(target, agent) == [ANN, "kim@example.org"]


def test_also_of_one_that_was_merged_before(source, target, agent, merge):
    earlier = TicketFactory(requester_email="kim@example.org")
    add_participant(earlier, LOU, agent)
    merge_tickets(earlier.pk, source.pk, agent)
    merge()
    assert recipients(target, agent) == ["kim@example.org", LOU]


def test_who_takes_part_in_both_gets_one_copy(source, target, agent, merge):
    add_participant(source, LOU, agent)
    add_participant(target, LOU, agent)
    merge()
    assert recipients(target, agent) == ["kim@example.org", LOU]
    assert people_of(target) == [LOU]


@pytest.mark.parametrize("stopped_on_target", [True, False])
def test_what_was_chosen_on_the_ticket_itself_counts(
    source, target, agent, merge, stopped_on_target
):
    on_source = add_participant(source, LOU, agent)
    on_target = add_participant(target, LOU, agent)
    if stopped_on_target:
        set_active(on_target.pk, target, agent, is_active=False)
    else:
        set_active(on_source.pk, source, agent, is_active=False)
    merge()
    expected = ["kim@example.org"] if stopped_on_target else ["kim@example.org", LOU]
    assert recipients(target, agent) == expected


def test_who_is_stopped_after_the_merge_gets_nothing(source, target, agent, merge):
    participant = add_participant(source, LOU, agent)
    merge()
    set_active(participant.pk, target, agent, is_active=False)
    assert recipients(target, agent) == ["kim@example.org"]
    add_participant(target, LOU, agent)
    assert recipients(target, agent) == ["kim@example.org", LOU]
    assert Participant.objects.count() == 1


def test_who_is_removed_does_not_come_back(source, target, agent, merge):
    on_source = add_participant(source, LOU, agent)
    add_participant(target, LOU, agent)
    ann = add_participant(source, ANN, agent)
    remove_participant(ann.pk, source, agent)
    merge()
    with pytest.raises(NotFound):  # the row of the target stands for both
        remove_participant(on_source.pk, target, agent)
    remove_participant(Participant.objects.of(target).get().pk, target, agent)
    assert not Participant.objects.exists()
    add_participants(target, [Address("", LOU), Address("", ANN)], agent)
    assert recipients(target, agent) == ["kim@example.org"]


def test_the_requester_gets_no_copy(source, target, agent, merge):
    Participant.objects.create(
        ticket=source, address="Kim@Example.org", folded="kim@example.org"
    )  # as when the requester's address was changed to it since
    merge()
    assert recipients(target, agent) == ["kim@example.org"]
