"""What was looked at, and how it is. Needs no settings: it also says why they cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "wrong", "skipped"]
LABELS: dict[Status, str] = {"ok": "ok", "wrong": "WRONG", "skipped": "-"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the desk: how it is, and what to do if it is wrong. No secrets."""

    part: str
    status: Status
    text: str
    advice: str = ""


def ok(part: str, text: str) -> Finding:
    return Finding(part, "ok", text)


def wrong(part: str, text: str, advice: str = "") -> Finding:
    return Finding(part, "wrong", text, advice)


def skipped(part: str, text: str) -> Finding:
    return Finding(part, "skipped", text)


def is_healthy(findings: Iterable[Finding]) -> bool:
    return all(each.status != "wrong" for each in findings)


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding."""
    width = max(len(each.part) for each in findings)
    return "\n".join(
        f"{LABELS[each.status]:<6} {each.part:<{width}}  {_one_line(f'{each.text} {each.advice}')}"
        for each in findings
    )


def as_json(findings: Sequence[Finding]) -> str:
    checks = [asdict(each) for each in findings]
    return json.dumps({"healthy": is_healthy(findings), "checks": checks}, indent=1)


def _one_line(text: str) -> str:
    return " ".join(text.split())
