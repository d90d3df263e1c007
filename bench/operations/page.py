"""The command blocks of a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
CODE = re.compile(r"`([^`\n]+)`")
# What an inline command to be run begins with. The names of the two versions are no commands.
COMMAND = re.compile(
    r"(?:docker|docker-compose|certbot|curl|git|openssl|unzip|\.venv/bin/python) .+"
)
NAMES = {"docker compose"}


class Key(NamedTuple):
    """Which block: the heading above it, and its number below that, from 1."""

    heading: str
    number: int


@dataclass(frozen=True)
class Block:
    key: Key
    commands: str


def read_blocks(text: str) -> list[Block]:
    """Return the blocks whose language is `sh`, in order."""
    blocks: list[Block] = []
    heading, language, lines = "", None, []
    count: Counter[str] = Counter()
    for line in text.splitlines():
        if language is None:
            if line.startswith("#"):
                heading = line.lstrip("#").strip()
            elif line.startswith("```"):
                language, lines = line[3:].strip(), []
        elif line == "```":
            if language == "sh":
                count[heading] += 1
                blocks.append(Block(Key(heading, count[heading]), "\n".join(lines)))
            language = None
        else:
            lines.append(line)
    return blocks


def differences(blocks: Iterable[Block], steps: Iterable[Key]) -> list[str]:
    """Return a line for each block that is not run by exactly one step, and each step without."""
    run = Counter(steps)
    present = {block.key for block in blocks}
    return [
        *(f"no step runs {key}" for key in sorted(present) if not run[key]),
        *(f"{run[key]} steps run {key}" for key in sorted(present) if run[key] > 1),
        *(f"the page has no block {key}" for key in sorted(run.keys() - present)),
    ]


def loose_commands(text: str) -> list[str]:
    """Return the commands inside sentences and tables that stand in no block."""
    lines = {line.strip() for block in read_blocks(text) for line in block.commands.splitlines()}
    outside = re.sub(r"(?ms)^```.*?^```$", "", text)
    return [
        code
        for code in CODE.findall(outside)
        if COMMAND.fullmatch(code) and code not in lines | NAMES
    ]
