"""What a search means: words, "phrases", -excluded ones."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import F, Func, Q, Value

# What separates words in a search and in the indexed text (PostgreSQL's regular expressions).
NOT_WORD = r"[\W_]+"


class Term:
    """One search term: a word (found as a prefix too) or a phrase (found whole)."""

    def __init__(self, text: str, *, phrase: bool, excluded: bool) -> None:
        self.text, self.phrase, self.excluded = text, phrase, excluded

    def condition(self) -> Q:
        """Words go through the index; what full text drops is compared as it is written."""
        condition = Q()
        letters = "".join(self.text.split())
        indexed = [letter.isalpha() or letter.isdecimal() for letter in letters]
        if any(indexed):
            kind = SearchQuery if self.phrase else PrefixQuery
            words = words_of(Value(self.text))
            condition &= Q(document=kind(words, config="simple", search_type="phrase"))
        if not all(indexed):
            condition &= Q(title__icontains=self.text) | Q(description__icontains=self.text)
        return condition


class PrefixQuery(SearchQuery):
    """Words side by side, the last of them as a prefix; finds nothing when there are none."""

    template = "COALESCE(NULLIF(%(function)s(%(expressions)s)::text, '') || ':*', '')::tsquery"


def words_of(text: F | Value) -> Func:
    """The text with everything but words blanked, so that full text sees plain words only.

    Otherwise PostgreSQL's parser would keep `INV-7` or `a.b@c.de` as single tokens which no
    search for one of their parts would find.
    """
    return Func(
        text,
        Value(NOT_WORD),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=models.TextField(),
    )


def parse_search(text: str) -> list[Term]:
    """Split a search into terms. `-` before a word or phrase excludes it."""
    pattern = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
    terms = []
    for match in pattern.finditer(text):
        phrase = match["phrase"]
        content = (match["word"] if phrase is None else phrase).strip()
        if content:
            terms.append(Term(content, phrase=phrase is not None, excluded=bool(match["no"])))
    return terms
