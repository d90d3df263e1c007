"""Print the figures."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePath

from tickets.mail.html import HtmlText
from tickets.mail.quotes import fold
from tickets.mail.reader import read

from . import bounces, replies
from .files import SEEN, Sample, half_counts, samples

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mail"
# In the folder of what is no bounce, because the suite's own parser stumbled over it.
BOUNCES_NONETHELESS = ("rb-issue-368-bug.eml",)
# Answers of people who are away: no bounces, but automatic mail.
AUTOMATIC_REPLIES = "rfc3834-"
Rows = list[tuple[Sample, bool]]


def main(data: str = "") -> None:
    directory = Path(data or os.environ.get("MAIL_DATA", "") or DEFAULT_DATA)
    if not directory.is_dir():
        print(f"SKIPPED: there is no {directory}. Name the data by --data or MAIL_DATA.")
        return
    for line in _figures(directory):
        print(line, flush=True)


def _figures(directory: Path) -> Iterator[str]:
    start = time.perf_counter()
    everything = [(sample, _is_readable(sample)) for sample in samples(directory)]
    seconds = time.perf_counter() - start
    yield f"all files: no exception, no text lost   {half_counts(everything)}, {seconds:.1f} s"
    for suite in ("bsd", "err"):
        yield from _bounces(directory, f"sisimai/maildir/{suite}")
    ordinary = [
        (sample, not read(sample.raw).bounces)
        for sample in samples(directory, "sisimai/maildir/not")
        if PurePath(sample.name).name not in BOUNCES_NONETHELESS
    ]
    yield f"sisimai/maildir/not: none               {half_counts(ordinary)}"
    yield f"    left out: {', '.join(BOUNCES_NONETHELESS)}, which says that a mailbox is full"
    yield from _replies(directory)


def _is_readable(sample: Sample) -> bool:
    message = read(sample.raw)
    return "".join(part.text for part in message.folding.segments) == message.text


def _bounces(directory: Path, suite: str) -> Iterator[str]:
    complete: Rows = []
    stated: Rows = []
    right: Rows = []
    automatic: Rows = []
    for sample in samples(directory, suite):
        message, known = read(sample.raw), bounces.facts(sample.raw)
        bounces_read = message.bounces
        if PurePath(sample.name).name.startswith(AUTOMATIC_REPLIES):
            automatic.append((sample, message.loop.is_automatic and not bounces_read))
        complete.append((sample, bounces.is_complete(bounces_read)))
        right.append((sample, bounces.is_right(bounces_read, known)))
        if known.recipients and (known.codes or known.is_complaint):
            stated.append(right[-1])
    yield f"{suite}: complete           {half_counts(complete)}"
    yield f"{suite}: agrees with fields {half_counts(stated)}"
    yield f"{suite}: right              {half_counts(right)}"
    if automatic:
        yield "    among them answers of people who are away, which are read as automatic mail"
        yield f"    and as no bounce: {half_counts(automatic)}"
        away = {sample.name for sample, _ in automatic}
        remaining = [row for row in right if row[0].name not in away]
        yield f"{suite}: right without them {half_counts(remaining)}"
    yield from _failures(right)


def _replies(directory: Path) -> Iterator[str]:
    exact: Rows = []
    complete_texts: Rows = []
    for sample in samples(directory, "crisp-replies/test/fixtures"):
        text = sample.raw.decode("utf-8", "replace").replace("\r\n", "\n")
        folding = fold(HtmlText(text))
        complete_texts.append((sample, "".join(part.text for part in folding.segments) == text))
        expected = replies.expected(sample.name, text)
        if expected is not None:
            exact.append((sample, folding.new == expected))
    yield f"crisp-replies: new text exact           {half_counts(exact)}"
    yield f"crisp-replies: no text lost             {half_counts(complete_texts)}"
    yield from _failures(exact)


def _failures(rows: Rows) -> Iterator[str]:
    """Name the files that are wrong, of the half that may be looked at."""
    for sample, is_right in rows:
        if not is_right and sample.half == SEEN:
            yield f"    wrong: {sample.name}"
