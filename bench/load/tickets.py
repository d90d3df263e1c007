"""The tickets and what belongs to them, as rows for COPY. The same arguments make the same rows."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .clock import arrival
from .languages import APART, COMMON, IN_REPLIES, LANGUAGES, OLD, RARE, Language, vocabulary
from .people import address, draw_rank
from .topics import TOPICS

CHUNK = 5_000  # tickets that are made at once; each chunk has a seed of its own
# The ids of what belongs to a ticket follow from its own.
COMMENTS, PREDICTIONS, FEEDBACK = 8, 4, 2

RARE_SHARE, COMMON_SHARE = 0.001, 0.10
OLD_SHARE, OLD_UNTIL = 0.20, 0.40  # in a fifth of the oldest two fifths, and never after
APART_SHARE = 0.20  # for each of the two
IN_REPLIES_SHARE = 0.02  # of comments
MEDIAN_WORDS, SPREAD, MAX_WORDS = 41, 0.75, 2_400
MAX_CHARS = 19_000
RECENT = 0.08  # the newest part of the tickets, of which most are active
MERGED_SHARE = 0.006
ACTIVE_RECENT, ACTIVE_OLD = 0.85, 0.036

CATEGORIES = ("billing", "technical", "account", "general")
CATEGORY_SUMS = (0.3, 0.65, 0.85, 1.0)
PRIORITIES = ("low", "medium", "high", "critical")
PRIORITY_SUMS = (0.25, 0.7, 0.93, 1.0)
SENTIMENTS = ("calm", "neutral", "frustrated", "angry")
SENTIMENT_SUMS = (0.2, 0.65, 0.92, 1.0)
LANGUAGE_SUMS = [sum(each.share for each in LANGUAGES[: n + 1]) for n in range(len(LANGUAGES))]

TABLES = {
    "tickets_ticket": (
        *("id", "title", "description", "category", "priority", "status", "sentiment"),
        *("urgency_score", "category_source", "category_confidence", "priority_source"),
        *("priority_confidence", "sentiment_source", "sentiment_confidence", "requester_email"),
        *("language", "assignee_id", "version", "created_at", "updated_at", "first_response_at"),
        *("resolved_at", "waiting_since", "last_activity_at", "snoozed_until", "merged_into_id"),
        *("spam", "link_nonce", "link_digest"),
    ),
    "tickets_comment": (
        *("id", "ticket_id", "author_id", "author_role", "body", "public", "created_at"),
        *("origin_id", "is_opening"),
    ),
    "tickets_prediction": (
        *("id", "suggestion", "ticket_id", "field", "value", "confidence", "claimed", "source"),
        *("provider", "model", "prompt_version", "evidence", "latency_ms", "cost_usd", "use"),
        *("created_at", "final_value", "final_at"),
    ),
    "tickets_feedback": (
        *("id", "ticket_id", "field", "value", "corrected", "decided_at", "learned_at"),
        *("prior_value", "learned_value", "confidence"),
    ),
    "tickets_ticketmerge": (
        *("source_id", "target_id", "source_version", "target_version", "merged_at"),
        *("reopened_from", "resolved_at", "address_taken"),
    ),
}


@dataclass(frozen=True)
class Plan:
    """What to make. `until` is when the newest ticket came; ids start at 1."""

    tickets: int
    until: datetime
    agents: tuple[int, ...]  # ids of accounts
    seed: int = 1

    @property
    def chunks(self) -> range:
        return range(-(-self.tickets // CHUNK))


@dataclass
class Chunk:
    """The rows of consecutive tickets, as lines of COPY's text format, by table."""

    first: int
    last: int
    lines: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TABLES})

    def add(self, table: str, *values: object) -> None:
        self.lines[table].append("\t".join(map(_copied, values)))


def _copied(value: object) -> str:
    if value is None:
        return r"\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    text = str(value)
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\n", r"\n") if "\n" in text else text


def make_chunk(plan: Plan, number: int) -> Chunk:
    """Return the chunk of this number."""
    rng = random.Random(f"{plan.seed} {plan.tickets} {number}")
    first = number * CHUNK + 1
    chunk = Chunk(first, min(first + CHUNK - 1, plan.tickets))
    target: _Ticket | None = None  # the latest ticket that another one could be merged into
    for ticket_id in range(chunk.first, chunk.last + 1):
        ticket = _Ticket(plan, rng, ticket_id)
        if target is not None and rng.random() < MERGED_SHARE and ticket.merge_into(target, chunk):
            target.store(chunk)
            target = None  # one merge each
            ticket.store(chunk)
            continue
        ticket.converse(chunk)
        if ticket.may_be_target:
            target, ticket = ticket, target or ticket
        if ticket is not target:
            ticket.store(chunk)
    if target is not None:
        target.store(chunk)
    return chunk


class _Ticket:
    """A ticket while it is made. `store` writes it, when its values no longer change."""

    def __init__(self, plan: Plan, rng: random.Random, ticket_id: int) -> None:
        self.plan, self.rng, self.id = plan, rng, ticket_id
        share = ticket_id / plan.tickets
        self.created_at = arrival(share, plan.until)
        self.language = LANGUAGES[_drawn(rng, LANGUAGE_SUMS)]
        self.category = CATEGORIES[_drawn(rng, CATEGORY_SUMS)]
        self.priority = PRIORITIES[_drawn(rng, PRIORITY_SUMS)]
        self.sentiment = SENTIMENTS[_drawn(rng, SENTIMENT_SUMS)]
        self.urgency = min(100, 25 * PRIORITIES.index(self.priority) + rng.randrange(26))
        self.topic = rng.choice(TOPICS[self.category][self.language.code])
        self.title, self.description = _texts(rng, self.language, self.topic, share)
        people = max(50, plan.tickets // 6)
        self.address = address(draw_rank(rng, people)) if rng.random() < 0.92 else ""
        self.spam = rng.random() < 0.008
        recent = share > 1 - RECENT
        self.is_active = rng.random() < (ACTIVE_RECENT if recent else ACTIVE_OLD)
        self.status = rng.choice(
            ("open", "open", "in_progress") if self.is_active else ("resolved", "closed")
        )
        self.assignee: int | None = None
        if rng.random() < (0.6 if self.is_active else 0.93) and not self.spam:
            self.assignee = plan.agents[draw_rank(rng, len(plan.agents))]
        self.comments = 0
        self.version = 1
        self.moment = self.created_at  # when somebody last did something
        self.last_activity_at = self.created_at
        self.waiting_since: datetime | None = self.created_at
        self.first_response_at: datetime | None = None
        self.resolved_at: datetime | None = None
        self.merged_into: int | None = None

    def converse(self, chunk: Chunk) -> None:
        """Write the replies and notes, and finish the ticket unless it is active."""
        rng = self.rng
        if not self.spam:
            for role, public, chance in (
                ("requester", True, 0.12),
                ("agent", False, 0.15),
                ("agent", True, 0.3 if self.is_active else 0.75),
                ("requester", True, 0.12),
                ("agent", True, 0.12),
            ):
                if rng.random() < chance and self._pass_time(4 * 3600):
                    self._comment(chunk, role, public)
        if self.is_active and not self.spam:
            return
        self.waiting_since = None
        if not self.is_active and self._pass_time(20 * 3600):
            self.version += 1
            self.resolved_at = self.moment
        elif not self.is_active:  # there was no time left
            self.status, self.is_active, self.waiting_since = "open", True, self.created_at

    @property
    def may_be_target(self) -> bool:
        return self.resolved_at is not None and not self.spam and self.comments < COMMENTS - 1

    def merge_into(self, target: _Ticket, chunk: Chunk) -> bool:
        """Become part of an earlier ticket. Return False if that is not possible."""
        if self.spam:
            return False
        self.moment = max(self.moment, target.moment)
        if not self._pass_time(3600):
            self.moment = self.created_at
            return False
        self.status, self.is_active, self.waiting_since = "closed", False, None
        self.resolved_at = target.moment = self.moment
        self.version, self.merged_into = 2, target.id
        # Both are read and searched as one: no planted word may come to stand beside another.
        self.title, self.description = _texts(self.rng, self.language, self.topic)
        target.version += 1
        target.last_activity_at = max(target.last_activity_at, self.created_at)
        self.address = target.address
        values = (target.id * COMMENTS + target.comments, target.id, None, "requester")
        chunk.add(
            "tickets_comment", *values, self.description, True, self.created_at, self.id, True
        )
        merge = (self.id, target.id, self.version, target.version, self.moment, "", None, "")
        chunk.add("tickets_ticketmerge", *merge)
        return True

    def _pass_time(self, mean: float) -> bool:
        """Let some time pass. Return False if that would be after the newest ticket."""
        moment = self.moment + timedelta(seconds=60 + self.rng.expovariate(1 / mean))
        if moment > self.plan.until:
            return False
        self.moment = moment
        return True

    def _comment(self, chunk: Chunk, role: str, public: bool) -> None:
        is_agent = role == "agent"
        body = _drawn_words(self.rng, self.language, 22, 300)
        if is_agent and self.rng.random() < IN_REPLIES_SHARE:
            body.insert(self.rng.randrange(len(body) + 1), _apart(IN_REPLIES, self.language))
        author = (self.assignee or self.plan.agents[0]) if is_agent else None
        chunk.add(
            "tickets_comment",
            *(self.id * COMMENTS + self.comments, self.id, author, role),
            *(_prose(self.rng, self.language, body), public, self.moment, None, False),
        )
        self.comments += 1
        self.version += 1
        self.last_activity_at = self.moment
        if not is_agent:
            self.waiting_since = self.waiting_since or self.moment
        elif public:
            self.waiting_since = None
            self.first_response_at = self.first_response_at or self.moment

    def store(self, chunk: Chunk) -> None:
        rng = self.rng
        chosen = rng.random() < 0.3  # by whoever created the ticket
        source = "llm" if rng.random() < 0.15 else "offline"
        corrected = {name: rng.random() < 0.1 for name in ("category", "priority")}
        decided = []
        confidences = {}
        for name in ("category", "priority"):
            confidences[name] = round(min(0.99, rng.betavariate(5, 1.6)), 3)
            by_person = chosen or (corrected[name] and not self.is_active)
            decided += ["human", None] if by_person else [source, confidences[name]]
        confidences["sentiment"] = round(min(0.99, rng.betavariate(5, 2)), 3)
        snoozed = None
        if self.is_active and not self.spam and rng.random() < 0.03:
            snoozed = self.plan.until + timedelta(hours=rng.randrange(1, 400))
        link = (f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(256):064x}")
        chunk.add(
            "tickets_ticket",
            *(self.id, self.title, self.description, self.category, self.priority, self.status),
            *(self.sentiment, self.urgency, *decided, "offline", confidences["sentiment"]),
            *(self.address, self.language.desk, self.assignee, self.version, self.created_at),
            *(self.moment, self.first_response_at, self.resolved_at, self.waiting_since),
            *(self.last_activity_at, snoozed, self.merged_into, self.spam),
            *(link if self.address else ("", None)),
        )
        self._predict(chunk, chosen, source, corrected, confidences)

    def _predict(
        self,
        chunk: Chunk,
        chosen: bool,
        source: str,
        corrected: dict[str, bool],
        confidences: dict[str, float],
    ) -> None:
        """Store what triage said, and what agents made of it when they finished the ticket."""
        rng = self.rng
        suggestion = f"{rng.getrandbits(128):032x}"
        final = {"category": self.category, "priority": self.priority}
        values = {"sentiment": self.sentiment, "urgency": str(self.urgency)}
        if not chosen:
            values |= {
                "category": rng.choice(CATEGORIES) if corrected["category"] else self.category,
                "priority": rng.choice(PRIORITIES) if corrected["priority"] else self.priority,
            }
        quote = {"field": "title", "text": self.topic, "start": 0, "end": len(self.topic)}
        evidence = json.dumps([quote], ensure_ascii=False)
        is_judged = self.resolved_at is not None
        for number, (name, value) in enumerate(values.items()):
            by = source if name in final else "offline"
            confidence = confidences.get(name, confidences["sentiment"])
            chunk.add(
                "tickets_prediction",
                *(self.id * PREDICTIONS + number, suggestion, self.id, name, value, confidence),
                *(confidence if by == "llm" else None, by, "fake" if by == "llm" else ""),
                *("small" if by == "llm" else "", "", evidence if name == "category" else "[]"),
                *(rng.randrange(900) if by == "llm" else 2, 0, "applied", self.created_at),
                final.get(name, "") if is_judged else "",
                self.resolved_at if name in final else None,
            )
        if is_judged and not self.spam and self.merged_into is None:
            for number, (name, value) in enumerate(final.items()):
                was_wrong = name in values and values[name] != value
                chunk.add(
                    "tickets_feedback",
                    *(self.id * FEEDBACK + number, self.id, name, value, was_wrong),
                    *(self.resolved_at, self.resolved_at, values.get(name, value), value, 0.7),
                )


def _texts(
    rng: random.Random, language: Language, topic: str, share: float | None = None
) -> tuple[str, str]:
    """Return title and description. `share` of all tickets are older; None plants no words."""
    parts = vocabulary(language)
    title = language.space.join(["", *parts.draw(rng, rng.randrange(1, 6))])
    body = _drawn_words(rng, language, MEDIAN_WORDS, MAX_WORDS)
    for word in () if share is None else _planted(rng, share):
        body.insert(rng.randrange(len(body) + 1), _apart(word, language))
    body.insert(rng.randrange(len(body) + 1), _apart(topic, language))
    return f"{topic}{title}"[:190].rstrip(), _prose(rng, language, body)


def _planted(rng: random.Random, share: float) -> Iterator[str]:
    if rng.random() < RARE_SHARE:
        yield RARE
    if rng.random() < COMMON_SHARE:
        yield COMMON
    if share <= OLD_UNTIL and rng.random() < OLD_SHARE:
        yield OLD
    which = int(rng.random() / APART_SHARE)
    if which < len(APART):
        yield APART[which]


def _drawn_words(rng: random.Random, language: Language, median: float, most: int) -> list[str]:
    count = int(rng.lognormvariate(0, SPREAD) * median * (1 if language.space else 0.7))
    return vocabulary(language).draw(rng, max(3, min(count, most)))


def _apart(word: str, language: Language) -> str:
    """Keep a word from running into its neighbours in a language without spaces."""
    return word if language.space else f" {word} "


def _prose(rng: random.Random, language: Language, parts: list[str]) -> str:
    """Return the parts as sentences, and as paragraphs if they are many."""
    sentences = list(_sentences(rng, parts, language.space))
    if len(sentences) < 8:
        return (language.stop.join(sentences) + language.stop).strip()[:MAX_CHARS]
    stop = language.stop.rstrip()
    return "\n\n".join(
        language.stop.join(sentences[start : start + 5]) + stop
        for start in range(0, len(sentences), 5)
    ).strip()[:MAX_CHARS]


def _sentences(rng: random.Random, parts: list[str], space: str) -> Iterator[str]:
    start = 0
    while start < len(parts):
        end = start + 5 + int(rng.random() * 12)
        sentence = space.join(parts[start:end]).strip()
        yield sentence[:1].upper() + sentence[1:]
        start = end


def _drawn(rng: random.Random, sums: tuple[float, ...] | list[float]) -> int:
    number = rng.random() * sums[-1]
    return next(index for index, limit in enumerate(sums) if number <= limit)
