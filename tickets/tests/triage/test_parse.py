import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage import parse
from tickets.triage.parse import InvalidReply

GOOD = {"category": "billing", "priority": "high"}


def dumped(**changes):
    return json.dumps(GOOD | changes)


@pytest.mark.parametrize(
    "reply",
    [
        dumped(),
        f"  \n{dumped()}\n",
        f"```json\n{dumped()}\n```",
        f"```\n{dumped()}\n```",
        f"<think>maybe {{technical}}?</think>\n{dumped()}",
        f"<thinking>hm</thinking>```json\n{dumped()}\n```",
        dumped(category="Billing", priority=" HIGH "),
        dumped(category_confidence=1, priority_confidence=None),
        dumped(unasked="more"),
    ],
)
def test_one_object_is_understood_in_any_format(reply):
    answer = parse.classification(reply)
    assert (answer.category, answer.priority) == ("billing", "high")


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "billing",
        "null",
        "[]",
        f"[{dumped()}]",
        dumped()[:-1],
        f"{dumped()}{dumped()}",
        f"{dumped()} and that is all",
        f"Here you are: {dumped()}",
        '{"category": "billing"}',
        '{"category": "billing", "category": "account", "priority": "low"}',
        dumped(category="vip"),
        dumped(category=None),
        dumped(category=["billing"]),
        dumped(priority=3),
        dumped(category_confidence=1.2),
        dumped(category_confidence=-0.1),
        dumped(category_confidence=True),
        dumped(category_confidence="high"),
        '{"category": "billing", "priority": "high", "category_confidence": NaN}',
        '{"category": "billing", "priority": "high", "category_confidence": 1e999}',
        dumped(category_words="invoice"),
        dumped(category_words=[1]),
        "[" * 100_000,
        '{"a":' * 100_000,
        dumped(category_words=["x" * 70_000]),
        f"<think>never closed {dumped()}",
    ],
)
def test_any_other_reply_is_refused(reply):
    with pytest.raises(InvalidReply):
        parse.classification(reply)


@pytest.mark.parametrize("urgency", [-1, 101, 50.5, True, "50", None, 1e400])
def test_an_urgency_outside_its_range_is_refused(urgency):
    with pytest.raises(InvalidReply):
        parse.sentiment(json.dumps({"sentiment": "calm", "urgency_score": urgency}))


@pytest.mark.parametrize(("urgency", "expected"), [(0, 0), (100, 100), (70.0, 70)])
def test_an_urgency_in_its_range_is_an_integer(urgency, expected):
    reply = parse.sentiment(json.dumps({"sentiment": "Calm", "urgency_score": urgency}))
    assert (reply.sentiment, reply.urgency_score) == ("calm", expected)


def test_a_title_is_one_line_of_at_most_80_characters():
    reply = json.dumps({"title": '  "Refund of a\n double payment ' + "and more words " * 8})
    title = parse.title(reply)
    assert title.startswith("Refund of a double payment and more")
    assert len(title) <= 80
    assert not title.endswith(" ")
    assert title.split()[-1] in {"and", "more", "words"}


@pytest.mark.parametrize(
    "title", ["", "  ", "...", None, 7, ["a"], "x" * 301, "a\x00b", "a\u202eb"]
)
def test_an_empty_or_far_too_long_title_is_refused(title):
    with pytest.raises(InvalidReply):
        parse.title(json.dumps({"title": title}))


@given(st.text())
def test_any_text_is_refused_in_the_same_way(reply):
    for read in (parse.classification, parse.title, parse.sentiment):
        with pytest.raises(InvalidReply):
            read(reply)


@given(st.text(max_size=200), st.integers(1, 80))
def test_cutting_at_a_word_keeps_within_the_limit(text, limit):
    cut = parse.cut_at_word(" ".join(text.split()), limit)
    assert len(cut) <= limit


def test_a_think_block_within_the_object_is_refused():
    with pytest.raises(parse.InvalidReply):
        parse.title('{"title": <think>hm</think> "A title"}')


def test_a_reply_of_blanks_is_read_quickly():
    started = time.monotonic()
    with pytest.raises(parse.InvalidReply):
        parse.title(" " * 60_000 + "<think")
    assert time.monotonic() - started < 2


def test_a_confidence_of_a_thousand_digits_is_refused():
    reply = '{"category": "billing", "priority": "low", "category_confidence": 1%s}' % ("0" * 4000)
    with pytest.raises(parse.InvalidReply):
        parse.classification(reply)


def test_quotes_are_unique_and_limited_to_three():
    quotes = ["refund"] * 50 + ["invoice", "money", "bank"]
    answer = parse.classification(json.dumps(GOOD | {"category_words": quotes}))
    assert answer.category_quotes == ("refund", "invoice", "money")
