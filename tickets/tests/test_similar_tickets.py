"""Similar tickets by meaning: what is compared, what is stored, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TicketMatch, TicketVector
from tickets.querysets import vectors as vector_queries
from tickets.services import housekeeping
from tickets.services.merging import merge_tickets
from tickets.services.spam import mark_spam
from tickets.services.tickets import create_ticket, update_ticket
from tickets.services.triage import similar
from tickets.services.triage.assessment import encode_ticket
from tickets.services.triage.similar import is_possibly_same, match_lacking, similar_tickets
from tickets.tests.factories import TicketFactory
from tickets.tests.worker import work

pytestmark = pytest.mark.django_db
ENGLISH = {
    "title": "Parcel lost",
    "description": "Where is my parcel? It should have arrived on Monday.",
}
GERMAN = {
    "title": "Paket verloren",
    "description": "Wo bleibt mein Paket? Es hätte am Montag ankommen sollen.",
}
OTHER = {"title": "Heating", "description": "The radiators in room 12 stay cold all day."}


@pytest.fixture(autouse=True)
def _nothing_in_memory():
    """Numbers of tickets from other tests mean nothing here."""
    similar._searched_by.cache_clear()
    yield
    similar._searched_by.cache_clear()


def matched(**values):
    """Create a ticket that the job has read."""
    ticket = TicketFactory(**values)
    encode_ticket(ticket.pk, ticket.text_digest())
    return ticket


def near(ticket):
    return [each.ticket.pk for each in similar_tickets(ticket, 3)]


def twins(ticket):
    return [each.ticket.pk for each in similar_tickets(ticket, 3) if each.possibly_same]


def test_reading_a_ticket_again_keeps_what_others_have_found():
    first = matched(**ENGLISH)
    later = [matched(**GERMAN) for _ in range(similar.MAX_STORED + 2)]
    assert all(near(ticket) for ticket in later)
    before = set(TicketMatch.objects.values_list("ticket", "other"))
    encode_ticket(first.pk, first.text_digest())
    assert set(TicketMatch.objects.values_list("ticket", "other")) >= before


def test_another_text_forgets_what_was_similar_to_the_first():
    first, other = matched(**ENGLISH), matched(**GERMAN)
    assert TicketMatch.objects.filter(ticket=other, other=first).exists()
    Ticket.objects.filter(pk=first.pk).update(**OTHER)
    first.refresh_from_db()
    encode_ticket(first.pk, first.text_digest())
    assert not TicketMatch.objects.exists()


def test_tickets_that_are_read_in_one_go_find_each_other():
    tickets = [TicketFactory(**ENGLISH) for _ in range(similar.MAX_STORED + 3)]
    match_lacking()
    pairs = TicketMatch.objects.values_list("ticket", "other")
    assert {pk for pair in pairs for pk in pair} == {ticket.pk for ticket in tickets}


def test_a_later_report_by_the_same_requester_counts_while_the_first_is_active():
    first = TicketFactory(requester_email="kim@example.org")
    later = TicketFactory(requester_email="kim@example.org", status="resolved")
    later.created_at = first.created_at + timedelta(days=60)
    for pair in ((first, later), (later, first)):
        assert is_possibly_same(*pair, 0.6, is_usual=False)
    first.status, later.status = "resolved", "open"
    for pair in ((first, later), (later, first)):
        assert not is_possibly_same(*pair, 0.6, is_usual=False)


def twin_in_list(ticket):
    return Ticket.with_merged.with_twin().get(pk=ticket.pk).twin


# --- finding ----------------------------------------------------------------------------


def test_a_ticket_in_another_language_is_found_from_both_sides():
    german, other, english = matched(**GERMAN), matched(**OTHER), matched(**ENGLISH)
    assert near(english) == [german.pk]
    assert near(german) == [english.pk]  # it came later
    assert near(other) == []


def test_finished_tickets_come_first():
    active, resolved = matched(**ENGLISH), matched(**GERMAN, status="resolved")
    assert near(matched(**ENGLISH)) == [resolved.pk, active.pk]


def test_a_ticket_that_is_resolved_since_comes_first():
    active, later = matched(**ENGLISH), matched(**GERMAN)
    ticket = matched(**ENGLISH)
    assert near(ticket) == [active.pk, later.pk]
    update_ticket(later.pk, {"status": "resolved"}, SYSTEM)
    assert near(ticket) == [later.pk, active.pk]


def test_rare_shared_words_count_beside_the_meaning():
    for number in range(30):
        matched(title=f"Parcel {number}", description="My parcel has not arrived, where is it?")
    named = matched(title="Parcel", description="Where is my parcel? Order QX4471 of Trondheim.")
    ticket = matched(title="Parcel", description="My parcel QX4471 of Trondheim is not here.")
    assert near(ticket)[0] == named.pk


def test_a_text_that_changes_is_compared_again():
    parcel, heating, ticket = matched(**ENGLISH), matched(**OTHER), matched(**GERMAN)
    update_ticket(
        ticket.pk, {"title": "Heizung", "description": "Die Heizkörper sind kalt."}, SYSTEM
    )
    ticket.refresh_from_db()
    assert near(ticket) == []  # no shared words, and not compared yet
    encode_ticket(ticket.pk, ticket.text_digest())
    assert near(ticket) == [heating.pk]
    assert near(parcel) == []  # what was stored of the old text is gone


@pytest.mark.django_db(transaction=True)
def test_the_worker_compares_a_new_ticket():
    first = create_ticket(ENGLISH, SYSTEM)
    work()
    second = create_ticket(GERMAN, SYSTEM)
    work()
    assert near(second) == [first.pk]


def test_by_words_without_the_sentence_encoder(settings):
    settings.TRIAGE_ENCODER = False
    matched(**GERMAN)
    english = matched(**ENGLISH)
    ticket = matched(**ENGLISH)
    assert not TicketMatch.objects.exists()
    assert near(ticket) == [english.pk]
    assert match_lacking() == 0


def test_by_words_until_the_job_has_run():
    matched(**GERMAN)
    english = matched(**ENGLISH)
    assert near(TicketFactory(**ENGLISH)) == [english.pk]


def test_vectors_of_a_switched_off_encoder_are_not_used(settings):
    matched(**GERMAN)
    ticket = matched(**ENGLISH)
    settings.TRIAGE_ENCODER = False
    assert near(ticket) == []


@pytest.mark.parametrize("hide", ["spam", "merge", "delete"])
def test_hidden_tickets_are_never_named(hide):
    german, english = matched(**GERMAN, requester_email="kim@example.org"), None
    english = matched(**ENGLISH, requester_email="kim@example.org")
    assert near(english) == twins(english) == [german.pk]
    assert twin_in_list(english) == german.pk
    if hide == "spam":
        mark_spam(german.pk, SYSTEM)
    elif hide == "merge":
        target = TicketFactory(**OTHER, requester_email="kim@example.org")
        merge_tickets(german.pk, target.pk, SYSTEM)
    else:
        german.delete()
    assert near(english) == []
    assert twin_in_list(english) is None
    assert near(matched(**ENGLISH)) == [english.pk]  # nor compared any more


def test_spam_is_not_compared():
    matched(**ENGLISH)
    spam = matched(**ENGLISH, spam=True)
    assert not TicketVector.objects.filter(ticket=spam).exists()


# --- possibly the same ------------------------------------------------------------------


def test_nearly_the_same_text_soon_after_is_possibly_the_same():
    first = matched(**ENGLISH)
    ticket = matched(**ENGLISH | {"title": "Parcel lost!"})
    assert twins(ticket) == [first.pk]
    assert twins(first) == [ticket.pk]
    assert twin_in_list(ticket) == first.pk
    assert twin_in_list(first) == ticket.pk


def test_other_matters_are_not():
    matched(**OTHER, requester_email="kim@example.org")
    ticket = matched(**ENGLISH, requester_email="kim@example.org")
    assert twins(ticket) == []
    assert twin_in_list(ticket) is None


HOURS_72 = timedelta(hours=72)
LATER = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("cosine", "apart", "address", "status", "expected"),
    [
        (0.7, HOURS_72, "", "open", True),
        (0.7, HOURS_72 + LATER, "", "open", False),
        (0.69, timedelta(), "lou@example.org", "open", False),
        (0.4, timedelta(), "KIM@example.org", "closed", True),
        (0.4, timedelta(days=400), "kim@example.org", "open", True),
        (0.9, timedelta(days=400), "kim@example.org", "closed", False),
        (0.39, timedelta(), "kim@example.org", "open", False),
    ],
)
def test_what_is_possibly_the_same(cosine, apart, address, status, expected):
    now = timezone.now()
    ticket = Ticket(requester_email="kim@example.org", created_at=now)
    other = Ticket(requester_email=address, created_at=now - apart, status=status)
    assert is_possibly_same(ticket, other, cosine, is_usual=False) is expected


def test_a_usual_text_is_the_same_only_if_one_requester_writes_it():
    ticket, other = Ticket(requester_email="kim@example.org"), Ticket()
    assert not is_possibly_same(ticket, other, 0.9, is_usual=True)
    other.requester_email = "kim@example.org"
    assert is_possibly_same(ticket, other, 0.9, is_usual=True)


def test_two_tickets_without_an_address_are_not_from_one_requester():
    one, other = Ticket(), Ticket()
    assert not is_possibly_same(one, other, 0.6, is_usual=False)


USELESS = {"title": "Problem", "description": "It does not work."}


def test_what_is_written_again_and_again_is_not_the_same():
    now = timezone.now()
    for days in (5, 9, 14):
        matched(**USELESS, created_at=now - timedelta(days=days))
    soon = matched(**USELESS, created_at=now - timedelta(days=1))
    ticket = matched(**USELESS)
    assert soon.pk in near(ticket)
    assert twins(ticket) == []


def test_what_many_write_at_once_is_the_same_though_it_was_written_before():
    now = timezone.now()
    for days in (14, 60, 61, 62):  # the latest outages, of which one is not long ago
        matched(**OTHER, created_at=now - timedelta(days=days))
    first = matched(**OTHER, created_at=now - timedelta(hours=1))
    assert twins(matched(**OTHER)) == [first.pk]


# --- chores -----------------------------------------------------------------------------


def test_an_upgraded_desk_is_read_in_pieces_newest_first():
    old, middle, new = [TicketFactory(**ENGLISH) for _ in range(3)]
    assert match_lacking(2) == 2
    assert set(TicketVector.objects.filter(matched=True).values_list("ticket", flat=True)) == {
        middle.pk,
        new.pk,
    }
    assert match_lacking(2) == 1
    assert match_lacking(2) == 0
    assert set(near(new)) == {old.pk, middle.pk}


def test_a_ticket_that_was_only_learned_from_is_compared_later():
    ticket = matched(**ENGLISH)
    TicketVector.objects.update(matched=False)
    assert match_lacking() == 1
    assert TicketVector.objects.get(ticket=ticket).matched


def test_what_is_not_searched_any_more_is_purged(monkeypatch):
    _old, learned, *new = [matched(**ENGLISH) for _ in range(4)]
    Feedback.objects.create(ticket=learned, field="category", value="general", corrected=False)
    monkeypatch.setattr(vector_queries, "MAX_ACTIVE", 2)
    housekeeping.purge_expired()
    ids = set(TicketVector.objects.values_list("ticket", flat=True))
    assert ids == {learned.pk, *(ticket.pk for ticket in new)}
    pairs = TicketMatch.objects.values_list("ticket", "other")
    assert {pk for pair in pairs for pk in pair} == {ticket.pk for ticket in new}


def test_a_ticket_with_other_ones_can_be_deleted():
    first = matched(**ENGLISH)
    matched(**ENGLISH)
    first.delete()
    assert not TicketMatch.objects.exists()


# --- memory -----------------------------------------------------------------------------


def test_threads_and_processes_see_what_others_stored():
    ticket = matched(**ENGLISH)
    similar._searched_by.cache_clear()  # as another process
    other = matched(**GERMAN)
    assert near(other) == [ticket.pk]


def test_what_is_not_searched_any_more_is_forgotten(monkeypatch):
    tickets = [matched(**ENGLISH) for _ in range(3)]
    searched = similar._searched()
    vector = similar.choice.current().vector("parcel")
    assert len(searched.nearest(vector, 10)) == 3
    TicketVector.objects.update(stored_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr(vector_queries, "MAX_ACTIVE", 1)
    searched._sweep()
    assert set(searched.nearest(vector, 10)) == {tickets[-1].pk}
