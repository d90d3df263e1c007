"""How well similar tickets are found in other languages, and at what cost.

`matters.jsonl` has 30 matters, each described by five people in five languages: English, German,
Spanish, French and Portuguese. They were written for this, and no weight was fitted to them. They
are put among the example tickets. Print three shares:

- any: of the texts for which one of the four others is among the first three of all
- each: of the pairs of languages for which the one other text is
- of 30: of these pairs if there are only the 30 texts of that language

All example tickets count as wrong, although some are about one of the 30 matters: whoever answers
it could answer them in the same way, as they ask for the same about the same thing.
`same_matters.jsonl` names these. They were marked by reading, for each matter, what is near to any
of its texts and what has one of its words in any language. The shares follow without them too.

Then print which share of the pairs about one matter has the cosines from which on tickets are shown
and called possibly the same, and how many pairs of other example tickets have.

Then fill a database with 25,000 searched tickets, and print what comparing costs.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Collection, Mapping
from itertools import combinations, islice
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from django.db import connection

from bench.harness import sample_database
from tickets.models.ticket import Ticket
from tickets.models.triage import TicketMatch, TicketVector
from tickets.services.triage import similar
from tickets.services.triage.similar import (
    CANDIDATES,
    MIN_SIMILARITY,
    SAME_COSINE,
    SAME_REQUESTER_COSINE,
    WORDS_WEIGHT,
)
from tickets.triage.offline.encoders import choice
from tickets.triage.offline.examples.reader import load_examples

MATTERS = Path(__file__).parent / "matters.jsonl"
SAME_MATTERS = Path(__file__).parent / "same_matters.jsonl"
FIRST = 3
GENERATED = 40_000  # half of them active, so that 5,000 active and 20,000 finished are searched
MIB = 1024 * 1024


class Matter(NamedTuple):
    number: int
    language: str
    text: str


def load_matters() -> list[Matter]:
    lines = MATTERS.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Matter(row["matter"], row["language"], row["text"]) for row in rows]


def load_same_matters() -> dict[str, int]:
    """Return the example tickets that are about one of the matters, by their texts."""
    lines = SAME_MATTERS.read_text(encoding="utf-8").splitlines()
    return {row["text"]: row["matter"] for row in map(json.loads, lines)}


def main() -> None:
    if problem := choice.problem():
        raise SystemExit(problem)
    with sample_database(0):
        _print_quality()
    with sample_database(GENERATED):
        _print_cost()


# --- quality ----------------------------------------------------------------------------


def _print_quality() -> None:
    encoder = choice.current()
    examples = [Matter(0, example.language, example.text) for example in load_examples()]
    same = load_same_matters()
    texts = [
        *(each._replace(number=same.get(each.text, 0)) for each in examples),
        *load_matters(),
    ]
    tickets = Ticket.objects.bulk_create(Ticket(title="-", description=row.text) for row in texts)
    matters = {ticket.pk: row for ticket, row in zip(tickets, texts, strict=True)}
    vectors = encoder.vectors([row.text for row in texts])
    encoded = dict(zip(matters, vectors, strict=True))
    pool = encoder.pool()
    assert pool is not None
    pool.put((pk, encoder.pack(vector)) for pk, vector in encoded.items())
    cosines = {pk: pool.nearest(vector, len(encoded)) for pk, vector in encoded.items()}
    queries = dict(list(matters.items())[len(examples) :])
    alike = {pk for pk, matter in matters.items() if matter.number} - queries.keys()
    by_words, by_meaning, by_both = {}, {}, {}
    for pk, matter in queries.items():
        by_words[pk] = Ticket.objects.sharing_words(matter.text, len(encoded), exclude=pk)
        by_meaning[pk] = cosines[pk]
        candidates = sorted(cosines[pk], key=lambda other: -cosines[pk][other])[:CANDIDATES]
        shared = Ticket.objects.words_shared_by(candidates, matter.text)
        by_both[pk] = {
            other: cosine + WORDS_WEIGHT * shared.get(other, 0.0)
            for other, cosine in cosines[pk].items()
        }
    scored = (("by words", by_words), ("by meaning", by_meaning), ("by both", by_both))
    for left_out in (set(), alike):
        print(f"{len(queries)} texts among {len(examples) - len(left_out):,} example tickets")
        print(f"{'the right one among the first three':<38} {'any':>6} {'each':>6} {'of 30':>6}")
        for name, scores in scored:
            shares = _shares(scores, queries, left_out)
            print(f"{name:<38} " + " ".join(f"{share:6.3f}" for share in shares), flush=True)
    _print_thresholds(cosines, matters)


def _print_thresholds(
    cosines: Mapping[int, Mapping[int, float]], matters: Mapping[int, Matter]
) -> None:
    same_language, other_language, other_matter = [], [], []
    for (pk, matter), (other, its) in combinations(matters.items(), 2):
        if matter.number != its.number or not matter.number:
            chosen = other_matter
        else:
            chosen = same_language if matter.language == its.language else other_language
        chosen.append(cosines[pk][other])
    print(f"\n{'pairs with at least this cosine':<38} {'shown':>8} {'sender':>8} {'any':>8}")
    limits = (MIN_SIMILARITY, SAME_REQUESTER_COSINE, SAME_COSINE)
    print(f"{'':<38} " + " ".join(f"{limit:8.2f}" for limit in limits))
    for name, pairs in (
        ("one matter, one language", same_language),
        ("one matter, two languages", other_language),
        ("two matters", other_matter),
    ):
        counts = (sum(cosine >= limit for cosine in pairs) for limit in limits)
        print(f"{f'{name}, of {len(pairs):,}':<38} " + " ".join(f"{each:8,}" for each in counts))


def _shares(
    scores: Mapping[int, Mapping[int, float]],
    queries: Mapping[int, Matter],
    left_out: Collection[int],
) -> tuple[float, float, float]:
    """Return three shares: any other language, each among all, each among the 30 of its own."""
    anywhere, each, each_of_30 = [], [], []
    for pk, matter in queries.items():
        ranking = sorted(scores[pk], key=lambda other: -scores[pk][other])
        ranking = [other for other in ranking if other != pk and other not in left_out]
        right = {other for other, its in queries.items() if its.number == matter.number}
        anywhere.append(bool(right & set(ranking[:FIRST])))
        for language in {its.language for its in queries.values()} - {matter.language}:
            own = {other for other, its in queries.items() if its.language == language}
            among_all = [other for other in ranking if other in own or other not in queries]
            among_own = [other for other in ranking if other in own]
            each.append(bool(right & own & set(among_all[:FIRST])))
            each_of_30.append(bool(right & own & set(among_own[:FIRST])))
    return statistics.mean(anywhere), statistics.mean(each), statistics.mean(each_of_30)


# --- cost -------------------------------------------------------------------------------


def _print_cost() -> None:
    _store_vectors()
    ids = Ticket.objects.ids_below(None, 50)
    process = psutil.Process()
    before = process.memory_info().rss
    searched = similar._searched()
    assert searched is not None
    encoder = choice.current()
    vector = encoder.vector("My parcel has not arrived.")
    print(f"\n{len(TicketVector.objects.searched()):,} vectors searched")
    _print_time("reading all of them, once a process", lambda: searched.nearest(vector, 1))
    print(f"{'memory for them':<46} {(process.memory_info().rss - before) / MIB:9.1f} MiB")
    _print_time("comparing one with all", lambda: searched._pool.nearest(vector, 200), 50)
    _print_time("reading what is new, and comparing", lambda: searched.nearest(vector, 200), 50)
    _print_time("looking at which tickets are searched", searched._sweep, 5)
    candidates = list(searched.nearest(vector, similar.CANDIDATES))
    _print_time(
        "words that the nearest share",
        lambda: Ticket.objects.words_shared_by(candidates, "Ticket about invoices and exports"),
        50,
    )
    each = iter(ids)
    _print_time("the whole of it for one ticket", lambda: similar.match_ticket(next(each)), 50)
    each = iter(ids)
    _print_time(
        "what the ticket's page reads",
        lambda: similar.similar_tickets(Ticket.objects.get(pk=next(each)), 3),
        50,
    )
    rows = Ticket.objects.with_people()
    _print_time("fifty rows of the list", lambda: rows.page(50), 20)
    _print_time("the same, with what is possibly the same", lambda: rows.with_twin().page(50), 20)
    name = encoder.name
    _print_time("looking for what lacks", lambda: TicketVector.objects.lacking(name, 300), 5)
    _print_time("purging", similar.purge)
    print(
        f"{TicketVector.objects.count():,} vectors and {TicketMatch.objects.count():,} matches stay"
    )
    TicketVector.objects.filter(ticket__in=TicketVector.objects.lacking("", 300)).delete()
    _print_time("encoding and comparing 300 that lack it", lambda: similar.match_lacking(300))


def _store_vectors() -> None:
    """Store vectors as they occur, a little apart from those of the example tickets."""
    import numpy

    encoder = choice.current()
    known = numpy.stack(encoder.vectors([example.text for example in load_examples()]))
    random = numpy.random.default_rng(12)
    tickets = Ticket.objects.order_by("pk").iterator()
    while batch := list(islice(tickets, 500)):
        near = known[random.integers(len(known), size=len(batch))]
        near = near + random.normal(0, 0.02, near.shape)
        near /= numpy.linalg.norm(near, axis=1, keepdims=True)
        TicketVector.objects.put(
            TicketVector(
                ticket=ticket,
                encoder=encoder.name,
                text_digest=ticket.text_digest(),
                vector=encoder.pack(row.astype("f4")),
                matched=True,
            )
            for ticket, row in zip(batch, near, strict=True)
        )
    TicketVector.objects.update(stored_at="2020-01-01T00:00Z")
    with connection.as_owner(), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _print_time(name: str, run: Callable[[], Any], rounds: int = 1) -> None:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{name:<46} {statistics.median(times):9.1f} ms", flush=True)
