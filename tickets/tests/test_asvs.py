"""docs/asvs.md lists every requirement once, with a test that exists, or a reason."""

import re

import pytest
from django.conf import settings

DOCUMENT = (settings.BASE_DIR / "docs/asvs.md").read_text()
ROW = re.compile(r"^\| ([\d., ]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
# The sections, and how many requirements of levels 1 and 2 each has: from 1 on, without a gap.
SECTIONS = """
1.1 2  1.2 9  1.3 11  1.4 3  1.5 2  2.1 3  2.2 3  2.3 4  2.4 1  3.2 2  3.3 4  3.4 6  3.5 5  3.7 2
4.1 3  4.2 1  4.3 2  4.4 4  5.1 1  5.2 3  5.3 2  5.4 3  6.1 3  6.2 12  6.3 4  6.4 4  6.5 5  6.6 3
6.8 4  7.1 3  7.2 4  7.3 2  7.4 5  7.5 2  7.6 2  8.1 2  8.2 3  8.3 1  8.4 1  9.1 3  9.2 4  10.1 2
10.2 2  10.3 4  10.4 11  10.5 5  10.6 2  10.7 3  11.1 2  11.2 3  11.3 3  11.4 4  11.5 1  11.6 1
12.1 3  12.2 2  12.3 4  13.1 1  13.2 5  13.3 2  13.4 5  14.1 2  14.2 4  14.3 3  15.1 3  15.2 3
15.3 7  16.1 1  16.2 5  16.3 4  16.4 3  16.5 3  17.1 1  17.2 4  17.3 2
"""
REQUIREMENTS = [
    f"{section}.{number}"
    for section, count in re.findall(r"([\d.]+) (\d+)", SECTIONS)
    for number in range(1, int(count) + 1)
]
ROWS = {numbers: how for numbers, _, how in ROW.findall(DOCUMENT)}


def numbers_of(row):
    return row.split(", ")


def test_every_requirement_of_levels_1_and_2_has_one_row():
    assert len(REQUIREMENTS) == 253
    assert sorted(number for row in ROWS for number in numbers_of(row)) == sorted(REQUIREMENTS)


def test_no_more_than_ten_are_not_met():
    unmet = [row for row, how in ROWS.items() if "**not met**" in how]
    assert sum(len(numbers_of(row)) for row in unmet) <= 10
    for row in unmet:
        assert len(ROWS[row]) > 60, f"{row} needs a reason"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_tests_that_exist_or_a_reason(row):
    how = ROWS[row]
    tests = re.findall(r"`([\w/]+/)?(test_\w+\.py)`", how)
    for directory, name in tests:
        root = settings.BASE_DIR
        files = [root / directory / name, root / "tickets/tests" / directory / name]
        assert any(file.is_file() for file in files), f"{directory}{name} does not exist"
    is_explained = "**not met**" in how or "does not apply" in how or "make check" in how
    assert (
        tests or is_explained or "](" in how or how.strip() in ("there are none", "there is none")
    )
