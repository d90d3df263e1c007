"""The tsquery of a search: what `TicketDocument` is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.postgres.search import SearchQuery
from django.db.models import Expression

from .folding import fold
from .tokens import Compound, Step, units

ADDRESS = "@"  # marks the lexemes of a requester's address


class DocumentQuery(SearchQuery):
    """A tsquery that is written out."""

    template = "(%(expressions)s)::tsquery"

    def __init__(self, tsquery: str | Expression) -> None:
        super().__init__(tsquery, search_type="raw")


def text_query(text: str, *, phrase: bool, mark: str = "") -> str:
    """Return the tsquery for words that stand side by side; "" if the text has none.

    The last word matches as a prefix, unless it is a phrase. `mark` stands before each lexeme.
    """
    return either(_chain(steps, phrase, mark) for steps in chains(text))


def chains(text: str) -> list[list[Step]]:
    """Return what a text asks for: words that stand side by side, or another spelling of them."""
    parts = list(units(fold(text)))
    steps = [step for part in parts for step in part.steps()]
    if len(parts) == 1 and isinstance(parts[0], Compound):
        return [steps, [Step(1, (parts[0].joined,))]]
    return [steps]


def number_query(number: int, mark: str = "") -> str:
    """Return the tsquery for a ticket's own number."""
    return _quoted(f"{mark}#{number}")


def either(queries: Iterable[str]) -> str:
    """Return the tsquery for any of these."""
    alternatives = list(dict.fromkeys(queries))
    return alternatives[0] if len(alternatives) == 1 else f"({' | '.join(alternatives)})"


def _chain(steps: Sequence[Step], phrase: bool, mark: str) -> str:
    query = ""
    for index, step in enumerate(steps):
        is_whole = phrase or index + 1 < len(steps)
        if index:
            query += f" <{step.position - steps[index - 1].position}> "
        query += _step(step, is_whole, mark)
    return query


def _step(step: Step, is_whole: bool, mark: str) -> str:
    ending = "" if is_whole or not step.is_word else ":*"
    return either(_quoted(mark + lexeme) + ending for lexeme in step.lexemes())


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
