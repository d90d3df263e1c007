"""The files of the public test suites, in two halves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEEN, HELD_OUT = "seen", "held out"


@dataclass(frozen=True)
class Sample:
    name: str  # path below the directory of all suites
    raw: bytes

    @property
    def half(self) -> str:
        return HELD_OUT if hashlib.sha256(self.raw).digest()[-1] % 2 else SEEN


def samples(directory: Path, suite: str = "") -> Iterator[Sample]:
    """Yield all files below the folder, without licences and read-me files."""
    for path in sorted((directory / suite).rglob("*")):
        if path.is_file() and path.suffix != ".md" and "LICENSE" not in path.name.upper():
            yield Sample(str(path.relative_to(directory)), path.read_bytes())


def half_counts(rows: list[tuple[Sample, bool]]) -> str:
    """Return the share of what is right: "seen 12/12 100.0%, held out 9/10 90.0%, all ..."."""
    parts = []
    for name in (SEEN, HELD_OUT, "all"):
        chosen = [is_right for sample, is_right in rows if name in ("all", sample.half)]
        share = sum(chosen) / len(chosen) if chosen else 0
        parts.append(f"{name} {sum(chosen)}/{len(chosen)} {share:.1%}")
    return ", ".join(parts)
