"""How the figures of `make check-ui` are judged and told."""

import json

import pytest

from bench.ui.results import Figure, number, table, write_json


@pytest.mark.parametrize(
    ("measured", "at_least", "holds"),
    [(99, False, True), (100, False, True), (100.5, False, False), (99, True, False)],
)
def test_a_limit_may_be_reached_but_not_passed(measured, at_least, holds):
    assert Figure("list", "INP", measured, 100, at_least=at_least).holds is holds


def test_what_has_no_limit_is_told_but_not_judged():
    text = table([Figure("track", "transfer", 812.4, unit="KB")])
    assert "812.4 KB" in text
    assert "All 0 figures hold." in text


@pytest.mark.parametrize(
    ("value", "told"), [(3.0, "3"), (0.0042, "0.0042"), (41.23456, "41.23"), (1280, "1280")]
)
def test_numbers_are_short(value, told):
    assert number(value) == told


def test_what_is_seen_and_holds_shares_a_line():
    looks = ("light wide", "dark wide", "light narrow", "dark narrow")
    figures = [
        Figure("list", name, 0, 0, look=look) for look in looks for name in ("axe", "console")
    ]
    lines = table(figures).splitlines()
    assert "axe, console in 4 looks" in lines[1]
    assert sum("axe" in line for line in lines) == 1
    assert lines[-1] == "All 8 figures hold."


def test_what_fails_has_a_line_of_its_own_with_its_look():
    figures = [
        Figure("list", "axe", 0, 0, look="light wide"),
        Figure("list", "axe", 2, 0, look="dark wide", detail="color-contrast: too faint"),
    ]
    lines = table(figures).splitlines()
    assert any("axe, dark wide" in line and line.endswith("FAILS") for line in lines)
    assert lines[-1] == "1 of 2 figures fail."


def test_the_worst_of_equal_figures_is_told():
    lines = table([Figure("list", "INP", value, 100, look=str(value)) for value in (24, 88, 40)])
    assert "INP, 3 times" in lines
    assert " 88 " in lines
    scores = [Figure("list", "score", value, 95, at_least=True) for value in (100, 97)]
    assert " 97 " in table(scores)


def test_a_finding_of_several_looks_is_told_once():
    figures = [
        Figure("list", "axe", 1, 0, look=look, detail="label: no name\n  <input>")
        for look in ("light wide", "dark wide")
    ]
    text = table(figures)
    assert text.count("label: no name") == 1
    assert "list (light wide; dark wide)" in text


def test_the_file_holds_every_figure_with_its_verdict(tmp_path):
    path = tmp_path / "figures.json"
    write_json([Figure("list", "CLS", 0.2, 0.01, look="wide"), Figure("list", "keys", 5)], path)
    first, second = json.loads(path.read_text())
    assert (first["page"], first["measured"], first["holds"]) == ("list", 0.2, False)
    assert (second["limit"], second["holds"]) == (None, True)
