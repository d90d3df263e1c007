"""Similar tickets: by meaning where the sentence encoder has read them, else by words.

A job compares each text once with the newest tickets and stores the nearest of them, so pages only
read what is stored. See docs/decisions/0039-similar-tickets.md.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django import app

from ...mail.addresses import comparable_address
from ...models.ticket import Ticket
from ...models.triage import Feedback, TicketMatch, TicketVector
from ...triage.offline.encoders import choice
from ...triage.offline.encoders.base import Pool
from ...vocabulary import MAX_FEEDBACK, LearnedField
from . import vectors

CANDIDATES = 200  # nearest tickets that a new one is compared with in detail
MAX_STORED = 5  # finished matches of a ticket, and as many active ones
# The similarity of two tickets is the cosine of their vectors, and this much of their similarity by
# words. It rests on those that are rare among the candidates: names, numbers, products.
WORDS_WEIGHT = 0.3
# Of two example tickets, one pair in a thousand has a higher cosine than .365.
MIN_SIMILARITY = 0.35
# One matter that was reported twice: nearly the same text soon after, or a similar one by the same
# requester while the first is unfinished or not long ago.
SAME_COSINE, SAME_HOURS = 0.7, timedelta(hours=72)
SAME_REQUESTER_COSINE, SAME_REQUESTER_DAYS = 0.4, timedelta(days=30)
USUAL_DAYS = timedelta(days=30)  # a text is usual if it comes about as often all this time

LOADED_AT_ONCE = 1_000
SWEEP_SECONDS = 600  # between two looks at which tickets are still searched
OVERLAP = timedelta(seconds=60)  # clocks differ, and transactions take a while to commit
MATCHED_AT_ONCE = 300  # by one job for tickets that lack matches: less than half a minute
ENCODED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class SimilarTicket:
    ticket: Ticket
    possibly_same: bool


def similar_tickets(ticket: Ticket, limit: int) -> list[SimilarTicket]:
    """Return the most similar finished tickets and then active ones, up to `limit` of each.

    Up to three queries.
    """
    near = None
    if _searched() is not None:
        near = TicketMatch.objects.near(ticket, choice.current().name, limit)
    if near is None:
        text = _compared_text(ticket)
        by_words = Ticket.objects.sharing_words(text, limit, finished=True, exclude=ticket.pk)
        near = dict.fromkeys(by_words, False)
    rows = Ticket.objects.in_bulk(list(near))
    return [SimilarTicket(rows[pk], is_same) for pk, is_same in near.items() if pk in rows]


def _compared_text(ticket: Ticket) -> str:
    """Return the text whose words are compared. The title counts twice."""
    return f"{ticket.title} {ticket.title} {ticket.description}"


# --- comparing --------------------------------------------------------------------------


def match_ticket(ticket_id: int) -> None:
    """Store the tickets that are most similar to this one, and its vector if it has none."""
    encoder = choice.current()
    searched = _searched()
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if searched is None or ticket is None:
        return
    vector = vectors.store([ticket], encoder).get(ticket.pk)
    if vector is None:  # it was deleted meanwhile
        return
    cosines = searched.nearest(vector, CANDIDATES)
    by_words = Ticket.objects.words_shared_by(cosines, _compared_text(ticket))
    TicketMatch.objects.replace(ticket.pk, _best(ticket, cosines, by_words))
    own = TicketVector.objects.filter(ticket=ticket, text_digest=ticket.text_digest())
    own.update(matched=True)


def _best(
    ticket: Ticket, cosines: dict[int, float], by_words: dict[int, float]
) -> list[TicketMatch]:
    """Return the nearest finished and the nearest active tickets."""
    candidates = Ticket.objects.filter(pk__in=cosines).exclude(pk=ticket.pk)
    scored = [
        (cosines[other.pk] + WORDS_WEIGHT * by_words.get(other.pk, 0.0), other)
        for other in candidates.only("status", "requester_email", "created_at")
    ]
    scored.sort(key=lambda pair: (-pair[0], -pair[1].pk))
    near = [pair for pair in scored if pair[0] >= MIN_SIMILARITY]
    is_usual = _is_usual(ticket, [other for _, other in scored if cosines[other.pk] >= SAME_COSINE])
    best = [
        pair
        for is_finished in (True, False)
        for pair in [each for each in near if each[1].is_finished is is_finished][:MAX_STORED]
    ]
    return [
        TicketMatch(
            ticket=ticket,
            other=other,
            similarity=similarity,
            possibly_same=is_possibly_same(ticket, other, cosines[other.pk], is_usual=is_usual),
        )
        for similarity, other in best
    ]


def _is_usual(ticket: Ticket, nearly_the_same: list[Ticket]) -> bool:
    """Return whether most tickets of these weeks with nearly the same text came at another time.

    What is written again and again, like "It does not work", is another matter each time.
    """
    apart = [_apart(ticket, other) for other in nearly_the_same]
    soon = sum(each <= SAME_HOURS for each in apart)
    return 2 * soon < sum(each <= USUAL_DAYS for each in apart)


def _apart(ticket: Ticket, other: Ticket) -> timedelta:
    return abs(ticket.created_at - other.created_at)


def is_possibly_same(ticket: Ticket, other: Ticket, cosine: float, *, is_usual: bool) -> bool:
    """Return whether one matter seems to have been reported twice. `is_usual`: see `_is_usual`."""
    apart = _apart(ticket, other)
    if cosine >= SAME_COSINE and apart <= SAME_HOURS and not is_usual:
        return True
    address = comparable_address(ticket.requester_email)
    if not address or address != comparable_address(other.requester_email):
        return False
    first = min(ticket, other, key=lambda each: each.created_at)
    is_near_in_time = apart <= SAME_REQUESTER_DAYS or not first.is_finished
    return cosine >= SAME_REQUESTER_COSINE and is_near_in_time


class SearchedVectors:
    """The vectors of the newest tickets, which all threads of this process share.

    At first all are read, later those that were stored since. Tickets that are no longer searched
    are forgotten now and then; until then, whoever uses the result must not expect to find them.
    """

    def __init__(self, encoder: str, pool: Pool) -> None:
        self._encoder = encoder
        self._pool = pool
        self._lock = threading.Lock()
        self._stored_until: datetime | None = None
        self._sweep_at = float("-inf")

    def nearest(self, vector: Any, count: int) -> dict[int, float]:
        """Return the cosines of the `count` nearest tickets by their ids."""
        with self._lock:
            self._read_new()
            if time.monotonic() >= self._sweep_at:
                self._sweep()
            return self._pool.nearest(vector, count)

    def _read_new(self) -> None:
        if self._stored_until is None:  # the sweep reads everything
            self._stored_until = timezone.now()
            return
        rows = TicketVector.objects.stored_since(self._encoder, self._stored_until - OVERLAP)
        new = list(rows)
        self._pool.put((pk, bytes(vector)) for pk, vector, _stored_at in new)
        self._stored_until = max([self._stored_until, *(row[2] for row in new)])

    def _sweep(self) -> None:
        """Read what is searched and not known yet, and forget what is not searched any more."""
        searched = TicketVector.objects.searched()
        self._pool.keep(searched)
        unknown = sorted(pk for pk in searched if pk not in self._pool)
        for start in range(0, len(unknown), LOADED_AT_ONCE):
            piece = unknown[start : start + LOADED_AT_ONCE]
            rows = TicketVector.objects.filter(ticket__in=piece, encoder=self._encoder)
            self._pool.put(
                (pk, bytes(vector)) for pk, vector in rows.values_list("ticket_id", "vector")
            )
        self._sweep_at = time.monotonic() + SWEEP_SECONDS


def _searched() -> SearchedVectors | None:
    """Return what this process compares with; None if its encoder is no better than words."""
    return _searched_by(choice.current().name)


@lru_cache(2)
def _searched_by(name: str) -> SearchedVectors | None:
    pool = choice.current().pool()
    return None if pool is None else SearchedVectors(name, pool)


# --- chores -----------------------------------------------------------------------------


def purge() -> None:
    """Delete the matches of tickets that are not searched any more, and vectors without use."""
    learned = Feedback.objects.counted().order_by("-decided_at", "-pk").values("ticket")
    TicketVector.objects.purge(learned[: len(LearnedField) * MAX_FEEDBACK])
    TicketMatch.objects.purge()


def match_lacking(limit: int = MATCHED_AT_ONCE) -> int:
    """Encode and compare the newest tickets that lack it. Return how many there were."""
    if _searched() is None:
        return 0
    encoder = choice.current()
    lacking = TicketVector.objects.lacking(encoder.name, limit)
    for start in range(0, len(lacking), ENCODED_AT_ONCE):
        piece = lacking[start : start + ENCODED_AT_ONCE]
        vectors.store(list(Ticket.objects.filter(pk__in=piece)), encoder)
        for ticket_id in piece:
            match_ticket(ticket_id)
    return len(lacking)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the tickets that are searched have been read and compared."""

    read: int
    count: int


def reading_progress() -> Progress | None:
    """Return how far reading older tickets has come; None once all are read, or without it.

    It is at most a minute old.
    """
    if _searched() is None:
        return None
    minute = int(time.time() // 60)
    progress = _progress(choice.current().name, minute, TicketVector.objects.newest())
    return progress if progress.read < progress.count else None


@lru_cache(1)
def _progress(encoder: str, _minute: int, _newest: tuple[datetime | None, int | None]) -> Progress:
    """Count again once a minute, or if a vector or a ticket has come: this reads 25,000 tickets."""
    return Progress(*TicketVector.objects.progress(encoder))


# --- jobs -------------------------------------------------------------------------------


@app.periodic(cron="*/5 * * * *")
@app.task(
    name=f"{__name__}.match_lacking",
    queue="learning",
    lock="match_lacking",
    queueing_lock="match_lacking",
)
def match_lacking_job(timestamp: int) -> None:
    """Find what is similar to older tickets: after an upgrade, and if a job was lost."""
    match_lacking()
