"""CLS and INP, computed from a browser's reports as web.dev defines them."""

import pytest

from bench.ui.web_vitals import cumulative_shift, layout_shift, slowest_interaction


def shift(time, value, recent=False):
    return {"startTime": time, "value": value, "hadRecentInput": recent, "where": "<p>"}


def test_a_stable_page_has_no_shift():
    assert cumulative_shift([]) == 0


def test_shifts_within_a_second_of_each_other_add_up():
    assert cumulative_shift([shift(100, 0.02), shift(900, 0.03)]) == pytest.approx(0.05)


def test_the_worse_of_two_windows_counts():
    assert cumulative_shift([shift(0, 0.02), shift(1000, 0.05)]) == pytest.approx(0.05)


def test_a_window_ends_after_five_seconds():
    shifts = [shift(time, 0.01) for time in range(0, 9000, 900)]
    assert cumulative_shift(shifts) == pytest.approx(0.06)


def test_a_shift_right_after_input_does_not_count():
    assert cumulative_shift([shift(100, 0.5, recent=True)]) == 0


def test_the_elements_that_moved_furthest_are_named():
    figure = layout_shift("list", "wide", [shift(0, 0.2), shift(1, 0.3)])
    assert not figure.holds
    assert figure.detail.splitlines()[1] == "0.3000 <p>"


def test_only_interactions_count():
    events = [
        {"interactionId": 0, "duration": 400, "name": "pointermove"},
        {"interactionId": 7, "duration": 48, "name": "keydown"},
        {"interactionId": 7, "duration": 24, "name": "keyup"},
    ]
    assert slowest_interaction(events) == 48


def test_an_interaction_too_fast_to_be_reported_counts_as_16_milliseconds():
    assert slowest_interaction([]) == 16
