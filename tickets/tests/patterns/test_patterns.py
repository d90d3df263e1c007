"""Every regular expression of the desk takes linear time, whatever a stranger writes."""

import re

import pytest

from .collecting import collect
from .hostile import slow_text

EXPRESSIONS, UNKNOWN = collect()
# Where an expression is written that is not known before it is used, and why it cannot be slow. The
# functions that compile many of them for tables are here too: the tables are looked into.
MADE_LATER = {
    "config.environment.logo": "beginnings of image files, for the operator's own",
    "tickets.mail.bounces.phrases": "makes tables",
    "tickets.mail.mime": "a boundary, escaped",
    "tickets.pages.highlight": "quotes, escaped",
    "tickets.pages.spreadsheet": "makes a table",
    "tickets.triage.offline.titles.lines": "makes tables",
    "tickets.triage.providers.adaptive": "names of parameters",
}


@pytest.mark.parametrize("each", EXPRESSIONS, ids=lambda each: each.name)
def test_an_expression_takes_linear_time(each):
    assert slow_text(each.pattern, each.is_searched) is None


def test_every_expression_is_known():
    assert {position.rpartition(":")[0] for position in UNKNOWN} == MADE_LATER.keys()
    assert len(EXPRESSIONS) > 200


@pytest.mark.parametrize(
    ("slow", "is_searched"),
    [
        ("ab.*c", True),
        (r"\s+$", True),
        (r"\s*,\s*;", True),
        (r"\S*/t/\w{16,}", True),
        (r'"(?:[^"\\]|\\.)*+"|[^",;]+|"', True),
        ("(?:a|a)*b", False),
        ("(a+)+$", False),
        (r"(?:x\w*)+:", True),
    ],
)
def test_slow_ones_are_found_out(slow, is_searched):
    assert slow_text(re.compile(slow), is_searched)
