"""The generated tickets: always the same, and as tickets of a real desk are."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from bench.load.clock import YEARS, arrival
from bench.load.languages import (
    APART,
    COMMON,
    IN_REPLIES,
    LANGUAGES,
    OLD,
    PLANTED,
    RARE,
    vocabulary,
)
from bench.load.people import address, draw_rank
from bench.load.tickets import CHUNK, TABLES, Plan, make_chunk
from bench.load.topics import TOPICS
from tickets.vocabulary import Category, Language, Priority, Sentiment, Status

UNTIL = datetime(2026, 1, 31, 12, tzinfo=UTC)
PLAN = Plan(2_000, UNTIL, (11, 12, 13), seed=11)


def rows(chunk, table):
    def value(text):
        return None if text == r"\N" else text.replace(r"\n", "\n").replace(r"\\", "\\")

    return [
        dict(zip(TABLES[table], map(value, line.split("\t")), strict=True))
        for line in chunk.lines[table]
    ]


@pytest.fixture(scope="module")
def chunk():
    return make_chunk(PLAN, 0)


@pytest.fixture(scope="module")
def tickets(chunk):
    return rows(chunk, "tickets_ticket")


def share(tickets, holds):
    return sum(map(holds, tickets)) / len(tickets)


def has(word):
    return lambda ticket: word in ticket["description"].lower().replace(".", " ").split()


def test_the_same_plan_makes_the_same_rows(chunk):
    assert make_chunk(PLAN, 0).lines == chunk.lines


def test_another_seed_makes_other_rows(chunk):
    other = Plan(PLAN.tickets, UNTIL, PLAN.agents, seed=8)
    assert make_chunk(other, 0).lines != chunk.lines


def test_chunks_cover_all_tickets():
    plan = Plan(CHUNK + 1, UNTIL, PLAN.agents)
    assert [make_chunk(plan, number).last for number in plan.chunks] == [CHUNK, CHUNK + 1]


def test_texts_are_as_long_as_those_of_real_tickets(tickets):
    lengths = sorted(len(ticket["description"]) for ticket in tickets)
    assert 250 <= median(lengths) <= 350
    assert lengths[-20] > 1_200
    assert all(0 < len(ticket["title"]) <= 200 for ticket in tickets)


def test_several_languages_and_scripts(tickets):
    languages = Counter(ticket["language"] for ticket in tickets)
    assert set(languages) == set(Language.values)
    text = " ".join(ticket["description"] for ticket in tickets)
    for script in "абв", "ابت", "のをが", "的我了", "가나다", "ที่", "ıçş":
        assert any(letter in text for letter in script), script


def test_words_follow_zipfs_law():
    terms = vocabulary(LANGUAGES[0])
    total = terms.cumulative[-1]
    assert terms.cumulative[0] / total > 0.03
    assert terms.cumulative[-1] - terms.cumulative[-2] < total / 50_000
    assert len(set(terms.entries)) == len(terms.entries) > 9_000


def test_no_other_text_has_the_planted_words():
    topics = (phrase for each in TOPICS.values() for texts in each.values() for phrase in texts)
    entries = {word for language in LANGUAGES for word in vocabulary(language).entries}
    entries |= {word for phrase in topics for word in phrase.lower().split()}
    assert not entries & PLANTED


def test_rare_and_common_words(tickets):
    assert 0 < share(tickets, has(RARE)) < 0.004
    assert 0.08 < share(tickets, has(COMMON)) < 0.12


def test_a_common_word_stands_in_old_tickets_only(tickets):
    old, new = tickets[: len(tickets) * 2 // 5], tickets[len(tickets) * 2 // 5 :]
    assert 0.16 < share(old, has(OLD)) < 0.24
    assert share(new, has(OLD)) == 0


def test_two_common_words_never_stand_together(tickets, chunk):
    first, second = map(has, APART)
    assert 0.17 < share(tickets, first) < 0.23
    assert 0.17 < share(tickets, second) < 0.23
    assert not any(first(ticket) and second(ticket) for ticket in tickets)
    merged = {row["source_id"]: row["target_id"] for row in rows(chunk, "tickets_ticketmerge")}
    texts = {ticket["id"]: ticket for ticket in tickets}
    bodies = [row["body"] for row in rows(chunk, "tickets_comment")]
    assert merged
    assert set(merged.values()) <= set(texts)
    assert not any(word in body.lower() for word in (*APART, RARE, OLD) for body in bodies)
    assert any(IN_REPLIES in body.lower() for body in bodies)


def test_nine_in_ten_tickets_are_finished(tickets):
    def finished(ticket):
        return ticket["status"] in (Status.RESOLVED, Status.CLOSED)

    assert 0.87 < share(tickets, finished) < 0.93
    assert share(tickets[-100:], finished) < 0.4
    assert all((ticket["resolved_at"] is not None) == finished(ticket) for ticket in tickets)
    assert not any(ticket["waiting_since"] and finished(ticket) for ticket in tickets)


def test_some_tickets_are_spam_and_some_are_merged(chunk, tickets):
    assert 0.002 < share(tickets, lambda ticket: ticket["spam"] == "t") < 0.02
    merges = rows(chunk, "tickets_ticketmerge")
    merged = {ticket["id"]: ticket["merged_into_id"] for ticket in tickets}
    assert {row["source_id"]: row["target_id"] for row in merges} == {
        source: target for source, target in merged.items() if target
    }
    for row in merges:
        assert merged[row["target_id"]] is None  # a merge goes to the end of the way


def test_each_ticket_has_about_one_comment(chunk, tickets):
    comments = rows(chunk, "tickets_comment")
    assert 1.0 < len(comments) / len(tickets) < 1.4
    assert len({row["id"] for row in comments}) == len(comments)
    targets = Counter(row["target_id"] for row in rows(chunk, "tickets_ticketmerge"))
    by_ticket = Counter(row["ticket_id"] for row in comments if row["is_opening"] == "f")
    for ticket in tickets:
        if ticket["merged_into_id"] is None:
            finish = ticket["resolved_at"] is not None
            changes = by_ticket[ticket["id"]] + finish + targets[ticket["id"]]
            assert int(ticket["version"]) == 1 + changes


def test_agents_judge_what_triage_said_of_finished_tickets(chunk, tickets):
    predictions, feedback = rows(chunk, "tickets_prediction"), rows(chunk, "tickets_feedback")
    values = {ticket["id"]: ticket for ticket in tickets}
    assert 3 < len(predictions) / len(tickets) < 4
    assert all(row["value"] == values[row["ticket_id"]][row["field"]] for row in feedback)
    for row in predictions:
        ticket = values[row["ticket_id"]]
        if row["field"] in ("category", "priority"):
            judged = ticket["resolved_at"] is not None
            assert row["final_value"] == (ticket[row["field"]] if judged else "")


def test_values_are_those_of_the_desk(tickets):
    for name, choices in (("category", Category), ("priority", Priority), ("status", Status)):
        assert {ticket[name] for ticket in tickets} == set(choices.values)
    assert {ticket["sentiment"] for ticket in tickets} == set(Sentiment.values)
    assert set(TOPICS) == set(Category.values)


def test_a_few_requesters_write_much(tickets):
    writers = Counter(ticket["requester_email"] for ticket in tickets)
    assert 0.04 < writers.pop("") / len(tickets) < 0.12
    assert writers.most_common(1)[0][1] > 20
    assert sum(count == 1 for count in writers.values()) > 20


def test_each_rank_has_an_address_of_its_own():
    assert len({address(rank) for rank in range(20_000)}) == 20_000


def test_low_ranks_are_drawn_more_often():
    class Fixed:
        def __init__(self, number):
            self.number = number

        def random(self):
            return self.number

    assert draw_rank(Fixed(0), 100) == 0
    assert draw_rank(Fixed(0.5), 100) == 9
    assert draw_rank(Fixed(0.9999), 100) == 99


def test_tickets_come_in_order_of_their_ids_until_the_end(tickets):
    times = [arrival(number / 5_000, UNTIL) for number in range(5_001)]
    assert times == sorted(times)
    assert times[-1] == UNTIL
    assert abs(times[0] - (UNTIL - timedelta(days=365.25 * YEARS))) < timedelta(days=7)


def test_more_tickets_come_in_office_hours_and_later_years():
    times = [arrival(number / 20_000, UNTIL) for number in range(20_001)]
    office = sum(time.weekday() < 5 and 7 <= time.hour < 18 for time in times) / len(times)
    assert office > 0.6  # of 55 of the week's 168 hours
    years = Counter(time.year for time in times)
    assert years[2022] < years[2024] < years[2025]
