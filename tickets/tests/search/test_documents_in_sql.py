"""PostgreSQL stores exactly the words that a search asks for: two programs, one result."""

import re
import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.querysets.search import characters
from tickets.querysets.search.folding import fold
from tickets.querysets.search.tokens import units

pytestmark = pytest.mark.django_db


def stored(text):
    """Return the positions of each lexeme, as PostgreSQL works them out."""
    query = "SELECT lexeme, positions FROM unnest(tickets_search_vector(%s, 'A'))"
    with connection.cursor() as cursor:
        cursor.execute(query, [text])
        return {lexeme: set(positions) for lexeme, positions in cursor.fetchall()}


def read(text):
    """Return the same, as a search works it out."""
    lexemes = {}
    for unit in units(fold(text)):
        for step in unit.stored():
            for lexeme in step.lexemes():
                lexemes.setdefault(lexeme, set()).add(step.position)
    return lexemes


def folded(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tickets_fold(%s)", [text])
        return cursor.fetchone()[0]


def is_known(character):
    """Return whether both programs know the character, and it can be stored."""
    return unicodedata.category(character) not in ("Cn", "Cs") and character != "\0"


def test_every_character_is_folded_the_same():
    known = [chr(code) for code in range(1, 0x110000) if is_known(chr(code))]
    assert len(known) > 140_000
    for start in range(0, len(known), 20_000):
        # A letter before each: a mark must not join the one before it.
        text = "".join(f"x{character} " for character in known[start : start + 20_000])
        assert folded(text) == fold(text)


KNOWN = st.characters(exclude_categories=("Cn", "Cs"), exclude_characters="\0")
# Where words, runs, symbols, marks and what joins them meet.
JOINING = st.text(
    st.sampled_from("ab1üßåÅøæ'\u2019`-\u2010 .\u00ad\u0308\u030a%_#@\\我要ーの🔥\x02\x06กี्ﬁ")
)
PIECES = st.lists(
    st.sampled_from(
        [
            "can't",
            "l'e-mail",
            "rock'n'roll",
            "e-mail",
            "a-b-c",
            "x" * 51,
            "é" * 60,
            "ä" * 50,
            "退款",
        ]
    )
    | JOINING
).map("".join)
relaxed = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(st.text(KNOWN) | JOINING)
def test_any_text_is_folded_the_same(text):
    assert folded(text) == fold(text)


@relaxed
@given(st.text(KNOWN) | JOINING | PIECES)
def test_any_text_has_the_same_words(text):
    assert stored(text) == read(text)


@relaxed
@given(st.text(KNOWN) | JOINING)
def test_a_folded_text_folds_to_itself(text):
    result = fold(text).replace("\x02", "").replace("\x03", "")
    assert fold(result) == result


def test_the_classes_of_characters_do_not_overlap():
    classes = [characters.SEPARATORS, characters.SYMBOLS, characters.UNSPACED]
    patterns = [re.compile(f"[{each}]") for each in classes]
    for code in range(0x110000):
        assert sum(bool(pattern.match(chr(code))) for pattern in patterns) <= 1, hex(code)
