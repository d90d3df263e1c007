"""The words that a prediction rests on, as agents read them."""

import pytest

from tickets.pages.quotes import quotable


@pytest.mark.parametrize(
    ("texts", "quotes"),
    [
        ([], []),
        (["", " "], []),
        (["button", "button"], ["button"]),
        (["Non", "non"], ["Non"]),
        (["charged", "was  charged\ntwice"], ["was charged twice"]),
        (["log in", "Log", "now"], ["log in", "now"]),
        (["password is wrong"], ["password is wrong"]),
        (["x" * 40], ["x" * 40]),
        (["x" * 41], ["x" * 40 + "…"]),
        (
            ["the invoice of the month before last is wrong"],
            ["the invoice of the month before last is…"],
        ),
        (["one", "two", "three", "four"], ["one", "two", "three"]),
    ],
)
def test_each_is_quoted_once_and_cut_at_a_word(texts, quotes):
    assert quotable(texts) == quotes
