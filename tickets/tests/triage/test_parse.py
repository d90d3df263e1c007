import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage import labels, parse
from tickets.triage.parse import InvalidReply
from tickets.vocabulary import CATEGORIES, PRIORITIES, REVIEW_BELOW_CONFIDENCE, SENTIMENTS

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
        f"[{dumped()}]",
        f"\ufeff{dumped()}",
        f"\ufeff```json\n{dumped()}\n```",
        f"Here is the answer:\n```json\n{dumped()}\n```\nAnything else?",
        f"<think>hm</think>Sure!\r\n```\r\n[{dumped()}]\r\n```",
        f"```json {dumped()}```",
        f"```json\n{dumped()}",  # the model stopped before the end of the fence
        dumped()[:-1] + ",}",
        dumped(category_words=["refund"])[:-2] + ", ] ,\n}",
        dumped(category_words=["a ```fence``` in a quote"]),
        dumped(category_words=["commas ,} and ,] in a quote"])[:-1] + ",}",
        '{"category": "billing", "category": "billing", "priority": "high"}',
        dumped(category="Abrechnung", priority="HOCH"),
        dumped(category="Facturation", priority="Élevée"),
        dumped(category="facturación", priority="alta"),
        dumped(category="FATURAÇÃO", priority="alto"),
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
        f"[{dumped()}, {dumped()}]",
        f"[[{dumped()}]]",
        dumped()[:-1],
        dumped()[:-1] + ",,}",
        f"{dumped()},",
        f"```json\n{dumped()}\n```\n```json\n{dumped()}\n```",
        f"```json\n{dumped()}\n```\nor else {dumped(category='account')}",
        f"First {dumped(category='account')}, or:\n```json\n{dumped()}\n```",
        "```json\n```",
        "```",
        f"{dumped()}{dumped()}",
        f"{dumped()} and that is all",
        f"Here you are: {dumped()}",
        '{"category": "billing"}',
        '{"category": "billing", "category": "account", "priority": "low"}',
        '{"category": "billing", "priority": "low", "unasked": 1, "unasked": true}',
        dumped(category="Abrechnungen und Konto"),
        dumped(category="high", priority="billing"),
        dumped(category=""),
        dumped(category="vip"),
        dumped(category=None),
        dumped(category=["billing"]),
        dumped(priority=3),
        dumped(category_confidence=1.2),
        dumped(category_confidence=-0.1),
        dumped(category_confidence=True),
        dumped(category_confidence=1.01),
        dumped(category_confidence="1.5"),
        dumped(category_confidence=101),
        dumped(category_confidence="101%"),
        dumped(category_confidence="-1%"),
        dumped(category_confidence="critical"),
        dumped(category_confidence="sure"),
        dumped(category_confidence=""),
        dumped(category_confidence="NaN"),
        dumped(category_confidence="1e-1"),
        dumped(category_confidence="0.9 or 0.8"),
        dumped(category_confidence="\u0660.\u0669"),  # Arabic digits
        dumped(category_confidence=["0.9"]),
        '{"category": "billing", "priority": "high", "category_confidence": NaN,}',
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


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.9, 0.9),
        (0, 0.0),
        (1, 1.0),
        ("0.9", 0.9),
        (" 0.90 ", 0.9),
        ("1", 1.0),
        (90, 0.9),
        (87.5, 0.875),
        (2, 0.02),
        (100, 1.0),
        ("90", 0.9),
        ("90%", 0.9),
        ("90 %", 0.9),
        ("0.5%", 0.005),
        ("very low", 0.1),
        ("low", 0.3),
        ("Medium", 0.5),
        ("moderate", 0.5),
        ("HIGH", 0.8),
        ("very high", 0.95),
        ("hoch", 0.8),
        ("élevée", 0.8),
        ("baja", 0.3),
        ("média", 0.5),
    ],
)
def test_a_confidence_may_be_a_number_a_percentage_or_a_word(confidence, expected):
    answer = parse.classification(dumped(category_confidence=confidence))
    assert answer.category_confidence == pytest.approx(expected)


def test_only_a_high_confidence_in_words_spares_a_prediction_the_review():
    low = {
        word for word, share in parse.CONFIDENCE_WORDS.items() if share < REVIEW_BELOW_CONFIDENCE
    }
    assert {"low", "medium", "moderate"} <= low
    assert not {"high", "very high"} & low


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (labels.CATEGORY_NAMES, CATEGORIES),
        (labels.PRIORITY_NAMES, PRIORITIES),
        (labels.SENTIMENT_NAMES, SENTIMENTS),
    ],
)
def test_each_value_has_names_in_each_language_and_each_name_one_value(names, values):
    assert tuple(names) == values
    by_name = {}
    for value, text in names.items():
        for name in {labels.folded(name) for name in text.split(",")}:
            assert by_name.setdefault(name, value) == value
            assert name not in set(values) - {value}


@pytest.mark.parametrize(
    ("sentiment", "expected"),
    [
        ("FRUSTRATED", "frustrated"),
        ("wütend", "angry"),
        ("Wu\u0308tend", "angry"),
        ("En colère", "angry"),
        ("neutro", "neutral"),
        ("tranquilo", "calm"),
        ("frustrado", "frustrated"),
    ],
)
def test_a_sentiment_may_be_in_other_case_or_language(sentiment, expected):
    reply = parse.sentiment(json.dumps({"sentiment": sentiment, "urgency_score": 5}))
    assert reply.sentiment == expected


@pytest.mark.parametrize(
    "urgency", [-1, 101, 50.5, True, "50.5", "101", "-1", "high", "", None, [50], 1e400]
)
def test_an_urgency_outside_its_range_is_refused(urgency):
    with pytest.raises(InvalidReply):
        parse.sentiment(json.dumps({"sentiment": "calm", "urgency_score": urgency}))


@pytest.mark.parametrize(
    ("urgency", "expected"), [(0, 0), (100, 100), (70.0, 70), ("70", 70), ("70.0", 70), ("70%", 70)]
)
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


def test_a_think_block_within_the_object_is_refused():
    with pytest.raises(parse.InvalidReply):
        parse.title('{"title": <think>hm</think> "A title"}')


@pytest.mark.parametrize(
    "reply",
    [
        " " * 60_000 + "<think",
        "<think>" * 9_000,
        "```" * 21_000,
        "```json\n" * 8_000,
        '"' * 63_999,
        '"' + '\\"' * 31_000,
        '{"title": "' + "\\" * 63_001,
        "," * 64_000,
        ", " * 32_000,
        "," + " " * 63_000,
        "[" + "1," * 31_000 + "]",
        "[" * 900 + '{"a":1,' * 8_000,
        '{"title": 1' + ', "title": 1' * 5_000 + "}",
        '{"title": "' + "1" * 63_000 + '%"}',
        '{"title": "' + "\u0301" * 63_000 + '"}',
    ],
    ids=range(15),
)
def test_a_hostile_reply_is_read_quickly(reply):
    assert len(reply) <= parse.MAX_REPLY_CHARS + 1000
    started = time.monotonic()
    for read in (parse.classification, parse.title, parse.sentiment):
        with pytest.raises(parse.InvalidReply):
            read(reply)
    assert time.monotonic() - started < 1


def test_a_confidence_of_a_thousand_digits_is_refused():
    reply = '{"category": "billing", "priority": "low", "category_confidence": 1%s}' % ("0" * 4000)
    with pytest.raises(parse.InvalidReply):
        parse.classification(reply)


def test_quotes_are_unique_and_limited_to_three():
    quotes = ["refund"] * 50 + ["invoice", "money", "bank"]
    answer = parse.classification(json.dumps(GOOD | {"category_words": quotes}))
    assert answer.category_quotes == ("refund", "invoice", "money")
