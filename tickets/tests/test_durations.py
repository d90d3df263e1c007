"""How lengths of time are written."""

import pytest

from tickets.durations import NBSP, format_minutes


@pytest.mark.parametrize(
    ("minutes", "units", "text"),
    [
        (0, 2, "under 1 min"),
        (59, 2, "59 min"),
        (60, 2, "1 h"),
        (130, 2, "2 h 10 min"),
        (130, 1, "2 h"),
        (3 * 1440, 2, "3 d"),
        (3 * 1440 + 5, 2, "3 d"),
        (3 * 1440 + 60, 2, "3 d 1 h"),
        (12 * 1440 + 60, 2, "12 d"),
    ],
)
def test_lengths(minutes, units, text):
    assert format_minutes(minutes, units).replace(NBSP, " ") == text
