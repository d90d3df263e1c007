"""How the figures of `make check-ui` are checked and printed."""

import json

import pytest

from bench.ui.results import Figure, number, table, write_json


@pytest.mark.parametrize(
    ("measured", "at_least", "holds"),
    [(99, False, True), (100, False, True), (100.5, False, False), (99, True, False)],
)
def test_a_figure_may_equal_its_limit_but_not_exceed_it(measured, at_least, holds):
    assert Figure("list", "INP", measured, 100, at_least=at_least).holds is holds


def test_a_figure_without_limit_is_printed_but_not_checked():
    text = table([Figure("requester", "transfer", 812.4, unit="KB")])
    assert "812.4 KB" in text
    assert "All 0 figures hold." in text


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (0.0042, "0.0042"), (41.23456, "41.23"), (1280, "1280")]
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_figures_of_all_looks_within_their_limits_share_a_line():
    looks = ("light wide", "dark wide", "light narrow", "dark narrow")
    figures = [
        Figure("list", name, 0, 0, look=look) for look in looks for name in ("axe", "console")
    ]
    lines = table(figures).splitlines()
    assert "axe, console in 4 looks" in lines[1]
    assert sum("axe" in line for line in lines) == 1
    assert lines[-1] == "All 8 figures hold."


def test_a_failing_figure_has_its_own_line_with_its_look():
    figures = [
        Figure("list", "axe", 0, 0, look="light wide"),
        Figure("list", "axe", 2, 0, look="dark wide", detail="color-contrast: too faint"),
    ]
    lines = table(figures).splitlines()
    assert any("axe, dark wide" in line and line.endswith("FAILS") for line in lines)
    assert lines[-1] == "1 of 2 figures fail."


def test_the_worst_of_equal_figures_is_printed():
    lines = table([Figure("list", "INP", value, 100, look=str(value)) for value in (24, 88, 40)])
    assert "INP, 3 times" in lines
    assert " 88 " in lines
    scores = [Figure("list", "score", value, 95, at_least=True) for value in (100, 97)]
    assert " 97 " in table(scores)


def test_a_detail_of_several_looks_is_printed_once():
    figures = [
        Figure("list", "axe", 1, 0, look=look, detail="label: no name\n  <input>")
        for look in ("light wide", "dark wide")
    ]
    text = table(figures)
    assert text.count("label: no name") == 1
    assert "list (light wide; dark wide)" in text


def test_the_file_contains_every_figure_and_whether_it_holds(tmp_path):
    path = tmp_path / "figures.json"
    write_json([Figure("list", "CLS", 0.2, 0.01, look="wide"), Figure("list", "keys", 5)], path)
    first, second = json.loads(path.read_text())
    assert (first["page"], first["measured"], first["holds"]) == ("list", 0.2, False)
    assert (second["limit"], second["holds"]) == (None, True)
