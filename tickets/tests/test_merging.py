"""Two tickets become one, and two again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from tickets.access.actors import SYSTEM, user_actor
from tickets.audit.trail import audit_trail
from tickets.exceptions import (
    DeskError,
    InvalidInput,
    MergeRefused,
    NotFound,
    OtherRequester,
    TicketMerged,
    UnknownRequester,
)
from tickets.models.mail import Email
from tickets.models.relations import TicketMerge
from tickets.models.ticket import Comment, Ticket
from tickets.models.workplace import TicketRead
from tickets.services import comments, tickets
from tickets.services.mail import rendering
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.services.private_links import revoke_private_link
from tickets.services.replies import send_message, take_back
from tickets.services.triage.assessment import triage_by_model
from tickets.services.undo import undo, undo_token
from tickets.tests.factories import AgentFactory, CommentFactory, TicketFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ago(hours):
    return NOW - timedelta(hours=hours)


def ticket_of(address="ada@example.org", hours=10, **values):
    return TicketFactory(requester_email=address, created_at=ago(hours), **values)


@pytest.fixture
def source():
    return ticket_of(hours=8, title="Smoke", description="It smokes again.")


@pytest.fixture
def target():
    return ticket_of(hours=10, title="Fire", description="It burns.")


def reply(ticket, hours, role="agent", *, public=True):
    return CommentFactory(
        ticket=ticket, author_role=role, public=public, created_at=ago(hours), body=f"{hours} ago"
    )


def fresh(ticket):
    return Ticket.with_merged.get(pk=ticket.pk)


def bodies(ticket):
    return [comment.body for comment in fresh(ticket).comments.all()]


def merge(source, target, **options):
    return merge_tickets(source.pk, target.pk, SYSTEM, **options)


def snapshot(ticket):
    """Return what Undo must restore."""
    row = fresh(ticket)
    names = ("status", "waiting_since", "last_activity_at", "first_response_at", "resolved_at")
    values = {name: getattr(row, name) for name in (*names, "requester_email", "merged_into_id")}
    return values | {"comments": list(row.comments.values("pk", "body", "ticket", "origin"))}


# --- merging ------------------------------------------------------------------------------


def test_the_conversation_is_read_on_the_target_in_time_order(source, target):
    reply(target, 9)
    note = reply(source, 7, public=False)
    reply(target, 6, "requester")
    reply(source, 5, "requester")
    merged = merge(source, target)
    assert merged.is_new
    assert merged.target == target
    assert fresh(source).merged_into == target
    assert bodies(target) == ["9 ago", "It smokes again.", "7 ago", "6 ago", "5 ago"]
    assert bodies(source) == []
    note.refresh_from_db()
    assert not note.public
    assert note.origin == source


def test_the_source_keeps_its_row(source, target):
    merge(source, target)
    row = fresh(source)
    assert (row.title, row.description, row.version) == ("Smoke", "It smokes again.", 2)
    assert fresh(target).version == 2


def test_times_follow_the_conversation(source, target):
    reply(target, 9)
    Ticket.objects.filter(pk=target.pk).update(waiting_since=None, first_response_at=ago(9))
    reply(source, 2, "requester")
    Ticket.objects.filter(pk=source.pk).update(last_activity_at=ago(2))
    merge(source, target)
    row = fresh(target)
    assert row.last_activity_at == ago(2)
    assert row.first_response_at == ago(9)
    assert row.waiting_since == ago(8)  # nobody has answered the source


def test_a_reply_from_before_the_target_is_no_response_to_it(target):
    old = ticket_of(hours=20)
    reply(old, 19)
    merge(old, target)
    assert fresh(target).first_response_at is None


def test_an_active_source_opens_a_finished_target(source, target):
    Ticket.objects.filter(pk=source.pk).update(status="in_progress")
    tickets.update_ticket(target.pk, {"status": "resolved"}, SYSTEM)
    before = snapshot(target)
    merge(source, target)
    row = fresh(target)
    assert (row.status, row.waiting_since) == ("in_progress", ago(8))
    unmerge_ticket(source.pk, SYSTEM)
    assert snapshot(target) == before
    assert Email.objects.filter(kind="resolved").count() == 1


def test_a_finished_source_does_not_finish_the_target(source, target):
    tickets.update_ticket(source.pk, {"status": "closed"}, SYSTEM)
    merge(source, target)
    assert (fresh(target).status, fresh(target).waiting_since) == ("open", ago(10))


def test_a_snoozed_target_comes_back_if_the_source_waits(source, target):
    later = timezone.now() + timedelta(days=1)
    Ticket.objects.filter(pk=target.pk).update(snoozed_until=later)
    merge(source, target)
    assert fresh(target).snoozed_until is None


def test_merging_twice_changes_nothing(source, target):
    merge(source, target)
    before = snapshot(target), fresh(target).version, fresh(source).version
    assert not merge(source, target).is_new
    assert (snapshot(target), fresh(target).version, fresh(source).version) == before
    assert TicketMerge.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other", "error"),
    [
        ("ada@example.org", "ADA@Example.org", None),
        ("ada@example.org", "bob@example.org", OtherRequester),
        ("ada@example.org", "", UnknownRequester),
        ("", "ada@example.org", UnknownRequester),
        ("", "", UnknownRequester),
    ],
)
def test_only_tickets_of_one_requester_are_merged(one, other, error):
    source, target = ticket_of(one), ticket_of(other)
    if error is None:
        assert merge(source, target).is_new
        return
    with pytest.raises(error):
        merge(source, target)
    assert fresh(source).merged_into is None
    assert bodies(target) == []


def test_an_agents_word_cannot_join_two_addresses(source):
    with pytest.raises(OtherRequester):
        merge(source, ticket_of("bob@example.org"), same_requester=True)


def test_the_target_takes_the_address_that_it_lacks(source):
    target = ticket_of("")
    merge(source, target, same_requester=True)
    assert fresh(target).requester_email == "ada@example.org"
    unmerge_ticket(source.pk, SYSTEM)
    assert fresh(target).requester_email == ""


def test_what_cannot_be_merged(source, target):
    other = ticket_of()
    with pytest.raises(InvalidInput) as itself:
        merge(source, source)
    assert set(itself.value.errors) == {"into"}
    with pytest.raises(InvalidInput):
        merge_tickets(source.pk, 10**9, SYSTEM)
    with pytest.raises(NotFound):
        merge_tickets(10**9, source.pk, SYSTEM)
    merge(source, target)
    with pytest.raises(MergeRefused):
        merge(target, source)  # a circle
    with pytest.raises(MergeRefused):
        merge(source, other)
    with pytest.raises(MergeRefused):
        merge(other, source)
    assert fresh(other).merged_into is None


def test_a_merged_ticket_is_not_changed(source, target):
    merge(source, target)
    for change in (
        lambda: tickets.update_ticket(source.pk, {"status": "closed"}, SYSTEM),
        lambda: tickets.delete_ticket(source.pk, SYSTEM),
        lambda: revoke_private_link(source, SYSTEM),
    ):
        with pytest.raises(TicketMerged) as refused:
            change()
        assert (refused.value.ticket_id, refused.value.into) == (source.pk, target.pk)
    assert tickets.update_tickets([source.pk], {"status": "closed"}, SYSTEM).merged == [source.pk]
    assert triage_by_model(source.pk, source.text_digest())


def test_the_source_leaves_every_list(source, target):
    merge(source, target)
    assert list(Ticket.objects.all()) == [target]
    assert list(Ticket.objects.needing_review()) == [target]
    assert Ticket.objects.stats()["total_tickets"] == 1
    assert Ticket.objects.overview(UTC).breakdowns.total == 1
    assert Ticket.objects.counts_by_status() == {"open": 1}
    assert [row[0] for batch in Ticket.objects.exported() for row in batch] == [target.pk]
    assert not Ticket.objects.sharing_words("It smokes again, smoke", 5, exclude=target.pk)


def test_a_search_for_the_source_finds_the_target(source, target):
    last = ticket_of(hours=1)
    merge(source, target)
    merge(target, last)
    for text in ("smokes", f"#{source.pk}", str(source.pk), '"smokes again"', "Smoke", "burns"):
        assert list(Ticket.objects.search(text)) == [last], text
    assert not Ticket.objects.search("-smokes").exists()
    assert not Ticket.objects.search("smokes burns").filter(pk=target.pk).exists()


def test_what_is_written_to_the_source_goes_to_the_target(source, target):
    merge(source, target)
    comments.add_reply(source, {"body": "By the old link"})
    comments.add_comment(source, {"body": "By an old page", "public": True}, SYSTEM)
    assert bodies(target)[-2:] == ["By the old link", "By an old page"]
    assert fresh(target).waiting_since is None


def test_sending_and_resolving_on_an_old_page_resolves_nothing(source, target):
    merge(source, target)
    data = {"body": "There", "public": True, "resolve": True}
    for _ in range(2):
        sent = send_message(source, data, SYSTEM, "key", None)
        assert sent.comment.ticket == target
    assert fresh(target).status == "open"
    assert bodies(target).count("There") == 1


def test_closing_on_an_old_page_closes_the_target(source, target):
    merge(source, target)
    assert comments.close_by_requester(source).status == "closed"
    assert (fresh(target).status, fresh(source).status) == ("closed", "open")


def test_an_email_of_the_source_has_a_link_that_works(source, target, settings, client):
    comments.add_comment(source, {"body": "Hello", "public": True}, SYSTEM)
    merge(source, target)
    settings.SECRET_KEY = "another key of the same desk, long enough to sign with"
    email = rendering.load(Email.objects.get(ticket=source).pk)
    path = rendering.private_link(email.ticket).removeprefix(settings.SITE_URL)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("number", [0, 1])
def test_spam_is_not_merged(source, target, number):
    tickets.update_ticket((source, target)[number].pk, {"spam": True}, SYSTEM)
    with pytest.raises(MergeRefused, match="is spam"):
        merge(source, target)


def test_revoking_the_targets_link_revokes_the_sources(source, target):
    merge(source, target)
    revoke_private_link(target, SYSTEM)
    assert fresh(source).link_digest is None


def test_deleting_the_target_deletes_what_was_merged_into_it(source, target):
    last = ticket_of()
    merge(source, target)
    merge(target, last)
    tickets.delete_ticket(last.pk, SYSTEM)
    assert not Ticket.with_merged.exists()
    assert not Comment.with_split.exists()


# --- what was read ------------------------------------------------------------------------


@pytest.fixture
def grace():
    return AgentFactory(date_joined=ago(100))


@pytest.mark.parametrize("has_read_source", [True, False])
@pytest.mark.parametrize("has_read_target", [True, False])
def test_what_was_unread_stays_unread(source, target, grace, has_read_source, has_read_target):
    if has_read_source:
        TicketRead.objects.mark_read(source, grace)
    if has_read_target:
        TicketRead.objects.mark_read(target, grace)
    merge(source, target)
    has_read_both = has_read_source and has_read_target
    assert fresh(target).is_unread_by(grace) is not has_read_both
    unmerge_ticket(source.pk, SYSTEM)
    assert fresh(source).is_unread_by(grace) is not has_read_source


def test_an_older_source_that_nobody_read_is_unread_on_the_target(target, grace):
    old = ticket_of(hours=20)
    TicketRead.objects.mark_read(target, grace)
    merge(old, target)
    assert fresh(target).is_unread_by(grace)


def test_who_merges_has_read_both(source, target, grace):
    merge_tickets(source.pk, target.pk, user_actor(grace))
    assert not fresh(target).is_unread_by(grace)


# --- undoing ------------------------------------------------------------------------------


def test_undo_restores_both(source, target):
    reply(target, 9)
    reply(source, 7)
    reply(source, 5, "requester")
    for ticket in (source, target):
        row = fresh(ticket)
        row.follow_conversation()
        row.save()
    before = snapshot(source), snapshot(target)
    merge(source, target)
    unmerge_ticket(source.pk, SYSTEM)
    assert (snapshot(source), snapshot(target)) == before
    assert set(Ticket.objects.all()) == {source, target}
    assert not TicketMerge.objects.exists()


def test_what_came_after_the_merge_stays_with_the_target(source, target):
    merge(source, target)
    comments.add_reply(source, {"body": "Later"})
    unmerge_ticket(source.pk, SYSTEM)
    assert bodies(target) == ["Later"]
    assert bodies(source) == []


def test_undoing_twice_changes_nothing(source, target):
    merge(source, target)
    for _ in range(2):
        assert unmerge_ticket(source.pk, SYSTEM) == source
    assert fresh(source).version == 3
    with pytest.raises(MergeRefused):
        unmerge_ticket(target.pk, SYSTEM)
    with pytest.raises(NotFound):
        unmerge_ticket(10**9, SYSTEM)


def test_a_merge_can_be_undone_for_30_days(source, target):
    merge(source, target)
    TicketMerge.objects.update(merged_at=timezone.now() - timedelta(days=30, minutes=-1))
    assert TicketMerge.objects.get().is_undoable
    TicketMerge.objects.update(merged_at=timezone.now() - timedelta(days=30))
    with pytest.raises(MergeRefused, match="30 days"):
        unmerge_ticket(source.pk, SYSTEM)


def test_a_toasts_undo_undoes_its_merge_only(source, target):
    first = undo_token([merge(source, target).source])
    [[number, version]] = [map(int, pair.split(":")) for pair in first.split(",")]
    assert [each.ticket for each in undo([(number, version)], SYSTEM).restored] == [source]
    merge(source, target)
    assert undo([(number, version)], SYSTEM).skipped == [source.pk]
    assert fresh(source).merged_into == target


def test_the_middle_of_a_chain_is_taken_out_with_its_own(source, target):
    last = ticket_of(hours=1, description="Last.")
    reply(source, 7)
    merge(source, target)
    merge(target, last)
    assert fresh(source).merged_into == last
    assert bodies(last) == ["It burns.", "It smokes again.", "7 ago"]
    assert not merge(source, target).is_new
    unmerge_ticket(target.pk, SYSTEM)
    assert bodies(last) == []
    assert bodies(target) == ["It smokes again.", "7 ago"]
    assert (fresh(source).merged_into, fresh(target).merged_into) == (target, None)
    unmerge_ticket(source.pk, SYSTEM)
    assert bodies(target) == []
    assert bodies(source) == ["7 ago"]


def test_the_start_of_a_chain_is_taken_out_alone(source, target):
    last = ticket_of(hours=1, description="Last.")
    reply(source, 7)
    merge(source, target)
    merge(target, last)
    unmerge_ticket(source.pk, SYSTEM)
    assert bodies(last) == ["It burns."]
    assert bodies(source) == ["7 ago"]
    assert fresh(target).merged_into == last
    unmerge_ticket(target.pk, SYSTEM)
    assert bodies(last) == bodies(target) == []


# --- the audit trail ----------------------------------------------------------------------


def relations(ticket):
    names = ("merged", "unmerged")
    trail = audit_trail(fresh(ticket))
    return [
        (entry.event, entry.ticket_id, entry.changes) for entry in trail if entry.event in names
    ]


def test_both_tickets_remember_the_merge_and_its_end(source, target):
    reply(source, 7)
    merge(source, target)
    of_target = ("merged", target.pk, {"merged": (None, source.pk)})
    of_source = ("merged", source.pk, {"merged_into": (None, target.pk)})
    assert relations(source) == [of_source]
    assert relations(target) == [of_source, of_target]
    assert {entry.event for entry in audit_trail(target)} == {
        "created",
        "comment created",
        "merged",
    }
    unmerge_ticket(source.pk, SYSTEM)
    assert relations(target) == [
        of_target,
        ("unmerged", target.pk, {"merged": (source.pk, None)}),
    ]
    assert relations(source)[-1] == ("unmerged", source.pk, {"merged_into": (target.pk, None)})
    events = [entry.event for entry in audit_trail(fresh(target))]
    assert events == ["created", "merged", "unmerged"]
    assert [entry.event for entry in audit_trail(fresh(source))].count("comment created") == 1


def test_an_earlier_change_of_the_target_can_still_be_undone(source, target):
    changed = tickets.update_ticket(target.pk, {"priority": "high"}, SYSTEM).ticket
    merge(source, target)
    assert not undo([(changed.pk, changed.version)], SYSTEM).skipped
    assert fresh(target).priority == "medium"


@pytest.mark.parametrize("domain", ["stra\u00dfe.example", "\u0131.example"])
def test_domains_that_look_alike_are_other_requesters(domain):
    other = {"stra\u00dfe.example": "strasse.example", "\u0131.example": "i.example"}[domain]
    with pytest.raises(OtherRequester):
        merge(ticket_of(f"ada@{domain}"), ticket_of(f"ada@{other}"))


def test_one_domain_written_in_two_ways_is_one_requester():
    merge(ticket_of("ada@B\u00dcRO.example"), ticket_of("Ada@xn--bro-hoa.example"))


def test_the_requester_closes_the_ticket_that_theirs_was_merged_into(source, target):
    merge(source, target)
    comments.close_by_requester(source)  # as their request read it before
    assert (fresh(source).status, fresh(target).status) == ("open", "closed")


# --- at the same moment -------------------------------------------------------------------


def at_once(*calls):
    """Run the calls on connections of their own, at the same moment. Return results or errors."""
    start = Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            return call()
        except DeskError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_two_agents_merge_in_both_directions():
    for _ in range(5):
        one, other = ticket_of(), ticket_of()
        results = at_once(lambda: merge(one, other), lambda: merge(other, one))  # noqa: B023
        assert [type(each).__name__ for each in results].count("MergedTickets") == 1
        assert [type(each).__name__ for each in results].count("MergeRefused") == 1
        merged = {fresh(each).merged_into_id for each in (one, other)}
        assert len(merged - {None}) == 1


@pytest.mark.django_db(transaction=True)
def test_merging_meets_messages_changes_and_deletion():
    for _ in range(5):
        source, target = ticket_of(), ticket_of()
        results = at_once(
            lambda: merge(source, target),  # noqa: B023
            lambda: comments.add_reply(source, {"body": "One"}),  # noqa: B023
            lambda: comments.add_comment(target, {"body": "Two"}, SYSTEM),  # noqa: B023
            lambda: tickets.update_ticket(source.pk, {"priority": "high"}, SYSTEM),  # noqa: B023
            lambda: revoke_private_link(target, SYSTEM),  # noqa: B023
        )
        assert all(not isinstance(each, Exception | MergeRefused) for each in results[:3])
        assert set(bodies(target)) == {source.description, "One", "Two"}
        results = at_once(
            lambda: unmerge_ticket(source.pk, SYSTEM),  # noqa: B023
            lambda: comments.add_reply(source, {"body": "Three"}),  # noqa: B023
            lambda: tickets.delete_ticket(target.pk, SYSTEM),  # noqa: B023
        )
        assert not Ticket.with_merged.filter(pk=target.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_merge_from_two_windows_happens_once():
    source, target = ticket_of(), ticket_of()
    results = at_once(lambda: merge(source, target), lambda: merge(source, target))
    assert sorted(each.is_new for each in results) == [False, True]
    assert bodies(target) == [source.description]


@pytest.mark.django_db(transaction=True)
def test_taking_a_reply_back_meets_undoing_the_merge(settings):
    settings.REPLY_DELAY_SECONDS, settings.REPLY_TAKES_TICKET = 60, True
    grace = user_actor(AgentFactory())
    data = {"body": "We look into it.", "public": True, "resolve": False}
    for number in range(8):
        source, target = ticket_of(), ticket_of()
        pending = send_message(source, data, grace, f"form {number}", None).pending
        merge(source, target)
        at_once(
            lambda: take_back(pending.pk, grace),  # noqa: B023
            lambda: unmerge_ticket(source.pk, SYSTEM),  # noqa: B023
        )
        assert fresh(source).merged_into is None
        pending.refresh_from_db()
        assert pending.due_at is None
