"""What the settings RETENTION_... erase, and what stays."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.audit.trail import audit_trail
from tickets.models.events import Erasure
from tickets.models.incoming import InboundMessage, Mailbox
from tickets.models.ticket import Ticket
from tickets.services.comments import add_reply
from tickets.services.counts import recount
from tickets.services.merging import merge_tickets
from tickets.services.personal_data.retention import erase_old
from tickets.services.tickets import update_ticket
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.tests.incoming.messages import DESK, deliver, letter

pytestmark = pytest.mark.django_db


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def closed(days, status="closed", **values):
    """Return a ticket that was closed so many days ago."""
    moment = days_ago(days)
    times = {"created_at": moment, "resolved_at": moment, "last_activity_at": moment}
    return TicketFactory(status=status, **times, **values)


def test_by_default_nothing_is_erased():
    closed(10_000)
    erase_old()
    assert Ticket.objects.get().title != "[erased]"


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_tickets_are_erased_so_many_days_after_they_were_closed(settings, status):
    settings.RETENTION_CLOSED_DAYS = 30
    old, new = closed(31, status), closed(29, status)
    active = TicketFactory(created_at=days_ago(100))
    erase_old()
    titles = dict(Ticket.objects.values_list("pk", "title"))
    assert titles[old.pk] == "[erased]"
    assert titles[new.pk] == new.title
    assert titles[active.pk] == active.title
    assert Ticket.objects.get(pk=old.pk).resolved_at == old.resolved_at
    assert recount() == 0
    [*_, entry] = audit_trail(old)
    assert (entry.event, entry.actor) == ("erased", "system")


def test_each_ticket_is_erased_once_and_again_if_somebody_has_written_since(settings):
    settings.RETENTION_CLOSED_DAYS = 30
    ticket = closed(31)
    erase_old()
    version = Ticket.objects.get().version
    erase_old()
    assert Ticket.objects.get().version == version
    add_reply(ticket, {"body": "One more thing."})
    update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    erase_old()
    assert ticket.comments.get().body == "One more thing."
    Erasure.objects.update(erased_at=days_ago(60))
    Ticket.objects.update(resolved_at=days_ago(31), last_activity_at=days_ago(31))
    erase_old()
    assert ticket.comments.get().body == "[erased]"


def test_a_merged_ticket_goes_with_the_other(settings):
    source, target = closed(31), closed(31)
    merge_tickets(source.pk, target.pk, SYSTEM, same_requester=True)
    settings.RETENTION_CLOSED_DAYS = 30
    erase_old()
    assert set(Ticket.with_merged.values_list("title", flat=True)) == {"[erased]"}


def test_originals_of_mail_go_and_what_they_say_stays(settings):
    settings.RETENTION_MAIL_DAYS = 30
    mailbox = Mailbox.objects.create(name="Support", address=DESK)
    old, new = deliver(letter("Old."), mailbox), deliver(letter("New."), mailbox)
    held = deliver(letter("Held.", auto_submitted="auto-replied"), mailbox, envelope_from="")
    loose = deliver(letter("Loose.", auto_submitted="auto-replied"), mailbox, envelope_from="")
    InboundMessage.objects.filter(pk=loose.pk).update(state="discarded")
    InboundMessage.objects.exclude(pk=new.pk).update(received_at=days_ago(31))
    erase_old()
    raw = dict(InboundMessage.objects.values_list("pk", "raw"))
    assert bytes(raw[old.pk]) == bytes(raw[loose.pk]) == b""
    assert raw[new.pk]
    assert raw[held.pk]
    old.refresh_from_db()
    assert (old.text, old.sender_address) == ("Old.", "kim@example.org")
    loose.refresh_from_db()
    assert (loose.text, loose.sender_address) == ("", "")


def test_the_history_of_finished_tickets_goes(settings):
    settings.RETENTION_AUDIT_DAYS = 40
    old, new, active = closed(41), closed(39), TicketFactory(created_at=days_ago(41))
    events = Ticket.pgh_event_model.objects
    for ticket in (old, active):
        events.filter(pgh_obj_id=ticket.pk).update(pgh_created_at=days_ago(41))
    Ticket.objects.filter(pk=active.pk).update(status="open")
    user = AgentFactory()
    LogEntry.objects.create(user=user, object_repr="old", action_flag=2, action_time=days_ago(41))
    LogEntry.objects.create(user=user, object_repr="new", action_flag=2, action_time=days_ago(39))
    erase_old()
    assert audit_trail(old) == []
    assert audit_trail(new)
    assert audit_trail(active)
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["new"]


def test_newer_history_than_30_days_stays_whatever_is_set(settings):
    settings.RETENTION_AUDIT_DAYS = 1
    ticket = closed(29)
    Ticket.pgh_event_model.objects.update(pgh_created_at=days_ago(29))
    erase_old()
    assert audit_trail(ticket)
