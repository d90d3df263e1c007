"""Read the example tickets."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Example(NamedTuple):
    """A ticket as a requester writes it, and what is right about it."""

    text: str
    category: str
    urgency: int  # 0..90 in tens
    sentiment: str
    language: str  # two letters
    trade: str


def load_examples() -> list[Example]:
    """Return all example tickets, in the same order on every machine."""
    return [example for path in sorted(FOLDER.glob("*.csv")) for example in _read(path)]


def _read(path: Path) -> list[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [
            Example(
                row["text"],
                row["category"],
                int(row["urgency"]),
                row["sentiment"],
                row["language"],
                row["trade"],
            )
            for row in rows
        ]
