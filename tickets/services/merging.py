"""Make one ticket of two, and undo it.

A merged ticket keeps its row and its values. Its comments are read on the target, with its
description as the first of them, and `Ticket.objects` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

import pghistory
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..access.actors import Actor
from ..audit.trail import event_at_version, ticket_events
from ..exceptions import InvalidInput, MergeRefused, NotFound, OtherRequester, UnknownRequester
from ..mail.addresses import comparable_address
from ..models.participants import Participant
from ..models.relations import TicketMerge
from ..models.ticket import Comment, Ticket
from ..models.workplace import TicketRead
from ..vocabulary import MERGE_UNDO_DAYS, AuthorRole, MailKind
from .attachments.moving import move_to_target, return_from_target
from .editing import audited, editing, lock_relations
from .link_holders import LINK_REVOKED, is_link_unproven
from .private_links import notes_behind, shows_note
from .triage import assessment

JUST_BEFORE = timedelta(microseconds=1)  # the resolution of times in the database


class Requesters(Enum):
    """Whether two tickets are from one person, as far as their addresses say."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"  # a ticket has no address


def compare_requesters(one: Ticket, other: Ticket) -> Requesters:
    """Compare the addresses, in whatever case they are written."""
    addresses = {comparable_address(each.requester_email) for each in (one, other)}
    if "" in addresses:
        return Requesters.UNKNOWN
    return Requesters.SAME if len(addresses) == 1 else Requesters.OTHER


# --- merging ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergedTickets:
    """A merge. `is_new` is False if the source was merged into the target before."""

    source: Ticket
    target: Ticket
    is_new: bool


def merge_tickets(
    source_id: int, target_id: int, actor: Actor, *, same_requester: bool = False
) -> MergedTickets:
    """Merge the source into the target. Merging the same tickets again changes nothing.

    The target takes what the source waits for; if it is finished and the source is not, it opens
    again. `same_requester` is the agent's confirmation that two tickets are from one person though
    one has no address; the target then takes the address that it lacks. If a stranger may have the
    target's private link, it is replaced, or it would open what the source says.
    Raise NotFound for the source, InvalidInput for the target, and MergeRefused or one of its
    kinds.
    """
    if source_id == target_id:
        raise InvalidInput(errors={"into": ["A ticket cannot be merged into itself."]})
    with audited(actor, source=source_id, target=target_id):
        source, target = lock_both(source_id, target_id)
        if source.merged_into_id is not None:
            return _merged_before(source, target_id)
        _refuse(source, target, same_requester=same_requester)
        merge = TicketMerge(source=source, target=target, source_version=source.version + 1)
        # First: a message that became the source is then read on the target again.
        _save_version(source, merged_into=target)
        with editing(target_id, actor) as edit:
            target = edit.ticket
            _take_values(merge, target)
            _silence_unvouched(target)
            _move_comments(source, target)
            _merge_read_marks(source, target, actor)
            edit.is_new_version = True
        _replace_link(source, target)
        merge.target_version = target.version
        merge.save(force_insert=True)
        Ticket.with_merged.filter(merged_into=source).update(merged_into=target)
        for ticket in (source, target):
            pghistory.create_event(ticket, label="merged")
    return MergedTickets(source, target, is_new=True)


def _refuse(source: Ticket, target: Ticket, *, same_requester: bool) -> None:
    """Raise MergeRefused or one of its kinds if these two tickets may not become one."""
    if target.merged_into_id is not None:
        raise MergeRefused(f"#{target.pk} was merged into #{target.merged_into_id} before.")
    for ticket in (source, target):
        if ticket.spam:  # nobody would see what the other one says
            raise MergeRefused(f"#{ticket.pk} is spam.")
    requesters = compare_requesters(source, target)
    if requesters is Requesters.OTHER:
        raise OtherRequester
    if shows_note(target):  # the private link of the other one would show it
        raise MergeRefused(
            f"The text of #{target.pk} is from an internal note, which the requester would read."
            f" Edit its title and its description first, or merge #{target.pk} into #{source.pk}."
        )
    if requesters is Requesters.UNKNOWN and not (same_requester or _is_split(source, target)):
        raise UnknownRequester


def may_merge(source: Ticket, target: Ticket) -> bool:
    """Return whether an agent can merge them, with a confirmation if a ticket has no address."""
    try:
        _refuse(source, target, same_requester=True)
    except MergeRefused:
        return False
    return True


def lock_both(source_id: int, target_id: int) -> tuple[Ticket, Ticket]:
    """Lock two tickets, merged or not. Raise NotFound, and InvalidInput for the target."""
    lock_relations()
    rows = Ticket.with_merged.select_for_update().order_by("pk")
    tickets = {ticket.pk: ticket for ticket in rows.filter(pk__in=[source_id, target_id])}
    if source_id not in tickets:
        raise NotFound
    if target_id not in tickets:
        raise InvalidInput(errors={"into": [f"There is no ticket #{target_id}."]})
    return tickets[source_id], tickets[target_id]


def _merged_before(source: Ticket, target_id: int) -> MergedTickets:
    """Return the earlier merge into this target, which may have been merged further since."""
    if target_id not in (source.merged_into_id, source.merge.target_id):
        raise MergeRefused(f"#{source.pk} was merged into #{source.merged_into_id} before.")
    current = Ticket.including_spam.with_people().find(source.merged_into_id or 0)
    return MergedTickets(source, current, is_new=False)


def _is_split(source: Ticket, target: Ticket) -> bool:
    """Return whether one ticket was made of a message on the other one."""
    split = Q(ticket=target, split_into=source) | Q(ticket=source, split_into=target)
    same = source.requester_email == target.requester_email
    return same and Comment.with_split.filter(split).exists()


def _take_values(merge: TicketMerge, target: Ticket) -> None:
    """Give the target what must not be lost with the source, and note what Undo needs."""
    source = merge.source
    if target.is_finished and not source.is_finished:
        merge.reopened_from, merge.resolved_at = target.status, target.resolved_at
        target.status = source.status
    if not target.requester_email and source.requester_email:
        merge.address_taken = target.requester_email = source.requester_email
    waiting = [each.waiting_since for each in (source, target) if each.waiting_since]
    # A later reply on the other ticket did not answer this message.
    target.waiting_since = min(waiting, default=None)
    target.snoozed_until = None if source.waiting_since else target.snoozed_until


def _move_comments(source: Ticket, target: Ticket) -> None:
    """Move the source's comments, and add its description as the first of them.

    A description that no requester could read, since it was a note, becomes a note again.
    """
    # It may be among the target's comments already.
    opening = Comment.with_split.filter(
        ticket=target, split_into=source, body=source.description
    ).first()
    if opening is None:
        is_note = source.link_digest is None and bool(notes_behind(source))
        opening = Comment.objects.create(
            ticket=target,
            origin=source,
            is_opening=True,
            author_role=AuthorRole.AGENT if is_note else AuthorRole.REQUESTER,
            public=not is_note,
            body=source.description,
            created_at=source.created_at,
        )
    moved = Comment.with_split.filter(ticket=source)
    moved.update(ticket=target, origin=Coalesce("origin", "ticket"))
    move_to_target(source, target, opening)
    waiting_since = target.waiting_since
    target.follow_conversation()
    target.waiting_since = waiting_since
    target.save(update_fields=["first_response_at"])


def _silence_unvouched(target: Ticket) -> None:
    """Send the target's replies to nobody who came without proof: they may quote the source.

    An agent can let them have replies again.
    """
    rows = Participant.objects.filter(ticket=target, is_active=True)
    rows.unvouched().update(is_active=False)


def not_carried_over(source: Ticket, target: Ticket) -> list[Participant]:
    """Return who gets no more replies when the source becomes part of the target. One query."""
    people = Participant.objects.filter(ticket__in=[source, target]).unvouched()
    vouched = Participant.objects.of(target).filter(is_vouched=True)
    return list(people.exclude(folded__in=vouched.values("folded")).order_by("folded", "pk"))


def _replace_link(source: Ticket, target: Ticket) -> None:
    """Give the target another private link if a stranger may have it. Only mail brings the new one.

    The page of a ticket opens those that were made of its messages anyway. Without an address no
    mail could bring a link.
    """
    can_be_mailed = target.requester_email and target.link_digest
    if not can_be_mailed or not is_link_unproven(target):
        return
    has_others = Ticket.with_merged.filter(merged_into=source).exists()
    if not has_others and _is_split(source, target):
        return
    target.issue_link()
    target.save(update_fields=["link_nonce", "link_digest"])
    pghistory.create_event(target, label=LINK_REVOKED)


def _merge_read_marks(source: Ticket, target: Ticket, actor: Actor) -> None:
    """Keep what an account has not seen of either ticket unread on the target."""
    before = Ticket.objects.get(pk=target.pk).last_activity_at  # not saved yet
    of_source = dict(source.reads.values_list("account", "read_at"))
    read_marks = []
    for mark in target.reads.all():
        has_read_target = mark.read_at >= before
        read_at = of_source.get(mark.account_id)
        if read_at is None or read_at < source.last_activity_at:
            mark.read_at = min(mark.read_at, read_at or source.created_at - JUST_BEFORE)
        elif has_read_target:
            mark.read_at = target.last_activity_at
        read_marks.append(mark)
    TicketRead.objects.bulk_update(read_marks, ["read_at"])
    if actor.user is not None:  # who merges has read both
        TicketRead.objects.mark_read(target, actor.user)


def _save_version(ticket: Ticket, *, merged_into: Ticket | None) -> None:
    ticket.merged_into = merged_into
    ticket.version += 1
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=["merged_into", "version", "updated_at"])


# --- undoing a merge ----------------------------------------------------------------------


def unmerge_ticket(ticket_id: int, actor: Actor, *, version: int | None = None) -> Ticket:
    """Undo a merge within MERGE_UNDO_DAYS. Return the ticket, which stands on its own again.

    Its messages come back to it; those written after the merge stay with the target. Undoing again
    changes nothing. With `version` only the merge that made this version is undone.
    Raise NotFound, and MergeRefused if it was never merged or too long ago.
    """
    with audited(actor):
        lock_relations()
        ticket = Ticket.with_merged.with_people().find(ticket_id)
        if ticket.merged_into_id is None:
            ends = ticket_events(ticket_id).filter(pgh_label="unmerged")
            if ends.filter(pgh_context__source=ticket_id).exists():
                return ticket
            raise MergeRefused(f"#{ticket_id} is not merged into another ticket.")
        merge = ticket.merge
        if version not in (None, merge.source_version):
            raise MergeRefused(f"#{ticket_id} was merged by another change.")
        if not merge.is_undoable:
            raise MergeRefused(
                f"#{ticket_id} was merged more than {MERGE_UNDO_DAYS} days ago, which can no longer"
                " be undone."
            )
        with pghistory.context(source=ticket_id, target=ticket.merged_into_id):
            ticket, target = lock_both(ticket_id, ticket.merged_into_id)
            _separate(merge, ticket, target, actor)
    separated: Ticket = Ticket.including_spam.with_people().find(ticket_id)
    return separated


def _separate(merge: TicketMerge, ticket: Ticket, target: Ticket, actor: Actor) -> None:
    family = _merged_under(ticket)
    _save_version(ticket, merged_into=None)
    is_direct = merge.target_id == target.pk
    undoes = merge.target_version if is_direct else None
    with editing(target.pk, actor, undoes=undoes) as edit:
        target = edit.ticket
        _return_comments(ticket, target, family)
        if is_direct:
            _give_values_back(merge, target)
        target.follow_conversation()
        target.save(update_fields=["first_response_at"])
        edit.is_new_version = True
    _return_read_marks(ticket, target)
    merge.delete()
    Ticket.with_merged.filter(pk__in=family).exclude(pk=ticket.pk).update(merged_into=ticket)
    assessment.resume_model_triage(ticket)
    for each in (ticket, target):
        pghistory.create_event(each, label="unmerged")


def _merged_under(ticket: Ticket) -> list[int]:
    """Return the ids of the ticket and of all that were merged into it, before or since."""
    rows = TicketMerge.objects.filter(source__merged_into=ticket.merged_into_id)
    edges = list(rows.values_list("source_id", "target_id"))
    family = [ticket.pk]
    for target_id in family:  # grows while it is read
        family += [source for source, target in edges if target == target_id]
    return family


def _return_comments(ticket: Ticket, target: Ticket, family: Iterable[int]) -> None:
    own_origin = Case(
        When(origin=ticket, then=Value(None)),
        default=F("origin"),
        output_field=BigIntegerField(),
    )
    opening = Comment.with_split.filter(ticket=target, origin=ticket, is_opening=True)
    moved = Comment.with_split.filter(ticket=target, origin__in=list(family))
    moved.exclude(pk__in=opening.values("pk")).update(ticket=ticket, origin=own_origin)
    return_from_target(ticket, target)
    opening.delete()


def _give_values_back(merge: TicketMerge, target: Ticket) -> None:
    """Undo what the merge changed on the target, unless somebody has changed it since."""
    written = target.comments.filter(created_at__gt=merge.merged_at, public=True)
    if merge.reopened_from and target.status == merge.source.status and not written.exists():
        target.status, target.resolved_at = merge.reopened_from, merge.resolved_at
    own_checks = merge.source.emails.filter(
        kind=MailKind.CONFIRM, address=target.requester_email, confirmed_at__gt=merge.merged_at
    )
    # Who has the source's link chose an address for the source, not for the target.
    if own_checks.exists() and (then := event_at_version(target, merge.target_version)):
        target.requester_email = then.requester_email
    if merge.address_taken and target.requester_email == merge.address_taken:
        target.requester_email = ""


def _return_read_marks(ticket: Ticket, target: Ticket) -> None:
    """Who has read all of the target has read these messages as well."""
    read = target.reads.filter(read_at__gte=max(target.last_activity_at, ticket.last_activity_at))
    for mark in read.select_related("account"):
        TicketRead.objects.mark_read(ticket, mark.account)


def merges_into(ticket: Ticket) -> list[TicketMerge]:
    """Return the merges into this ticket, also those by way of another one, oldest first."""
    rows = TicketMerge.objects.filter(source__merged_into=ticket)
    return list(rows.select_related("source").order_by("merged_at"))
