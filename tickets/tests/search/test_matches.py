"""Which words of a text a search was about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.querysets.search.folding import fold, fold_by_character
from tickets.querysets.search.matches import find, joined, wanted
from tickets.tests.search.test_spellings import MATCHES
from tickets.tests.timing import takes_linear_time


def highlighted(text, search):
    """Return the text with brackets around what a search finds in it."""
    hits = find(text, wanted(search))
    parts, position = [], 0
    for start, end in joined(span for spans in hits.values() for span in spans):
        parts += [text[position:start], "[", text[start:end], "]"]
        position = end
    return "".join([*parts, text[position:]])


@pytest.mark.parametrize(
    ("text", "search", "expected"),
    [
        ("Two refunds, one Refund", "refund", "Two [refunds], one [Refund]"),
        ("Two refunds, one refund", '"refund"', "Two refunds, one [refund]"),
        ("Le Café du coin", "cafe", "Le [Café] du coin"),
        ("Le Cafe\u0301 du coin", "cafe", "Le [Cafe\u0301] du coin"),
        ("Die Rückerstattung", "Rueckerst", "Die [Rückerstattung]"),
        ("Große Straße", "STRASSE gross", "[Große] [Straße]"),
        ("I can\u2019t sign in", "can't", "I [can\u2019t] sign in"),
        ("Rech\u00adnung offen", "rechnung", "[Rech\u00adnung] offen"),
        ("my e-mail", "email", "my [e-mail]"),
        ("INV-7 and INV 8", "inv-7", "[INV]-[7] and INV 8"),
        ("我要退款吗", "退款", "我要[退款]吗"),
        ("我要退款吗", "要退款", "我[要退款]吗"),
        ("ﾛｸﾞｲﾝできない", "ログイン", "[ﾛｸﾞｲﾝ]できない"),
        ("100 % of it", "100%", "[100] [%] of it"),
        ("lena@example.org", "@example", "lena[@example].org"),
        ("a double charge", '"double charge"', "a [double] [charge]"),
        ("charge double", '"double charge"', "charge double"),
        ("fire and smoke", "fire -smoke status:open", "[fire] and smoke"),
        ("\u0645\u064f\u0634\u0652\u0643\u0650\u0644", "\u0645\u0634\u0643\u0644", None),
        ("", "fire", ""),
    ],
)
def test_the_words_that_were_found_are_highlighted(text, search, expected):
    assert highlighted(text, search) == (f"[{text}]" if expected is None else expected)


@pytest.mark.parametrize(("stored", "searches"), MATCHES, ids=str)
def test_whatever_is_found_is_highlighted(stored, searches):
    for search in searches:
        assert "[" in highlighted(stored, search), search


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cn", "Cs"), exclude_characters="\0")))
def test_each_folded_character_comes_from_one_of_the_text(text):
    folded, origins = fold_by_character(text)
    assert folded == fold(text)
    assert len(origins) == len(folded) + 1
    assert origins == sorted(origins)
    assert origins[-1] == len(text)


@pytest.mark.parametrize("part", ["printer ", "été ", "退款", "a'b-c%", "x", "e\u0301"])
def test_long_texts_take_linear_time(part):
    terms = wanted("printer été 退款 a'b x")
    assert takes_linear_time(lambda text: find(text, terms), part)
