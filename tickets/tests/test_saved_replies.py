"""Saved replies: who sees and changes them, what fits a ticket, and their variables."""

import pytest
from django.db import IntegrityError, transaction

from tickets.access.actors import REQUESTER, Actor, user_actor
from tickets.exceptions import InvalidInput, NotFound, PermissionDenied
from tickets.models.private_link import digest
from tickets.models.ticket import Ticket
from tickets.models.workplace import SavedReply
from tickets.services import saved_replies
from tickets.services.accounts import save_profile
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory
from tickets.vocabulary import MAX_SAVED_REPLIES

pytestmark = pytest.mark.django_db
NOBODY = Actor("anonymous", REQUESTER.scopes, demo=True)


@pytest.fixture
def grace():
    return user_actor(AgentFactory(first_name="Grace", last_name="Hopper"))


@pytest.fixture
def hopper():
    return user_actor(AgentFactory())


def create(actor, name="Refund", body="We have refunded it.", *, shared=False):
    data = {"name": name, "body": body, "shared": shared}
    return saved_replies.create_reply(data, actor)


def visible(actor):
    return list(SavedReply.objects.visible_to(actor.user))


def test_a_reply_is_private_until_it_is_shared(grace, hopper):
    private, shared = create(grace), create(grace, "Hours", shared=True)
    assert visible(grace) == [shared, private]
    assert visible(hopper) == visible(NOBODY) == [shared]


def test_a_reply_of_nobody_is_shared(hopper):
    reply = create(NOBODY)
    assert (reply.owner, reply.shared) == (None, True)
    assert visible(hopper) == [reply]
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedReply.objects.update(shared=False)


def test_only_its_owner_and_admins_change_a_shared_reply(grace, hopper):
    reply = create(grace, shared=True)
    data = {"name": "Refund", "body": "Done.", "shared": True}
    with pytest.raises(PermissionDenied):
        saved_replies.update_reply(reply.pk, data, hopper)
    with pytest.raises(PermissionDenied):
        saved_replies.delete_reply(reply.pk, hopper)
    admin = user_actor(AdminFactory())
    assert saved_replies.update_reply(reply.pk, data, admin).owner == grace.user
    saved_replies.delete_reply(reply.pk, grace)
    assert not SavedReply.objects.exists()


def test_a_private_reply_of_somebody_else_does_not_exist(grace, hopper):
    reply = create(grace)
    for actor in (hopper, user_actor(AdminFactory()), NOBODY):
        with pytest.raises(NotFound):
            saved_replies.changeable_reply(reply.pk, actor)
        with pytest.raises(NotFound):
            saved_replies.insert_reply(reply.pk, TicketFactory(), actor)


def test_an_owner_has_each_name_once_in_whatever_case(grace, hopper):
    reply = create(grace)
    create(hopper)
    with pytest.raises(InvalidInput):
        create(grace, "REFUND")
    data = {"name": "refund", "body": "Changed.", "shared": False}
    assert saved_replies.update_reply(reply.pk, data, grace).body == "Changed."


def test_an_owner_has_a_limited_number(grace):
    rows = [
        SavedReply(name=str(number), body="x", owner=grace.user)
        for number in range(MAX_SAVED_REPLIES)
    ]
    SavedReply.objects.bulk_create(rows)
    with pytest.raises(InvalidInput):
        create(grace)


def test_variables_are_filled_in(grace, settings):
    ticket = TicketFactory(requester_email="ada@example.org", title="Smoke")
    text = "Hello {requester}, {number} ({title}): see {link}. {unknown} {} {{agent}}\n{agent}"
    assert saved_replies.fill_in(text, ticket, grace) == (
        f"Hello ada@example.org, #{ticket.pk} (Smoke): see "
        f"{settings.SITE_URL}{ticket.private_link_path()}. {{unknown}} {{}} {{Grace Hopper}}"
        "\nGrace Hopper"
    )


def test_the_agent_is_named_as_on_replies(grace):
    save_profile(grace.user, {"display_name": "Grace from support"})
    text = saved_replies.fill_in("Yours, {agent}", TicketFactory(), grace)
    assert text == "Yours, Grace from support"


def test_the_link_works_after_the_key_was_changed(grace, settings):
    ticket = TicketFactory()
    settings.SECRET_KEY = "another key, which makes other links"
    text = saved_replies.fill_in("{link}", ticket, grace)
    stored = Ticket.objects.get(link_digest=digest(text.rstrip("/").rpartition("/")[2]))
    assert stored == ticket


def test_a_variable_in_a_value_is_text(grace):
    ticket = TicketFactory(title="{link} {agent}")
    assert saved_replies.fill_in("{title}", ticket, grace) == "{link} {agent}"


def test_a_variable_without_a_value_disappears(grace):
    ticket = TicketFactory(link_digest=None)
    ticket.link_digest = None
    assert saved_replies.fill_in("Hello {requester},\n{link}.", ticket, grace) == "Hello,\n."
    assert saved_replies.fill_in("Yours {agent}", ticket, NOBODY) == "Yours"


def test_inserting_counts(grace):
    reply, ticket = create(grace, body="About {number}"), TicketFactory()
    for uses in (1, 2):
        assert saved_replies.insert_reply(reply.pk, ticket, grace) == f"About #{ticket.pk}"
        reply.refresh_from_db()
        assert reply.uses == uses


def test_what_fits_the_ticket_comes_first_then_what_is_used_most(grace):
    other = create(grace, "Opening hours", "We are here from nine to five.")
    often = create(grace, "Thanks", "Thank you for the feedback.")
    SavedReply.objects.filter(pk=often.pk).update(uses=9)
    fitting = create(grace, "Refund", "We refund an invoice that was charged twice.")
    text = "My invoice was charged twice. Please refund the second invoice."
    replies = SavedReply.objects.visible_to(grace.user)
    assert replies.fitting_first(text, grace.user, 10) == [fitting, often, other]
    assert replies.fitting_first("", grace.user, 2) == [often, other]


def test_a_private_reply_of_somebody_else_takes_no_position(grace, hopper):
    create(hopper, "Refund", "We refund an invoice that was charged twice.")
    mine = create(grace, "Invoice", "An invoice charged twice is refunded.")
    text = "My invoice was charged twice."
    assert SavedReply.objects.visible_to(grace.user).fitting_first(text, grace.user, 1) == [mine]


@pytest.mark.parametrize(
    ("search", "names"),
    [("", 2), ("refund", 1), ("REFUNDED we", 1), ("refund nine", 0), ("%", 0), ("100%", 0)],
)
def test_a_search_finds_all_its_words(grace, search, names):
    create(grace)
    create(grace, "Hours", "From nine to five.")
    assert SavedReply.objects.matching(search).count() == names
