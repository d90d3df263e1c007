"""The report of the desks: what is reached, the tables, and the charts."""

import xml.etree.ElementTree as ET

import pytest

from bench.desks.chart import bar_chart
from bench.desks.goals import AGAINST_LIST, AGAINST_USUAL, goals
from bench.desks.report import DESKS, TITLES, chart, page, rate, read_results
from bench.desks.run import merged

SVG = "{http://www.w3.org/2000/svg}"


def figures(value, **values):
    plain = dict.fromkeys(("p50", "p99", "web_ms", "database_ms", "first_ms"), 20.0)
    return {"rate": value, "errors": 0, "requests": 9, "statements": 2, **plain, **values}


def result(ours=100.0, usual=10.0, limit=150.0, **values):
    routes = {
        name: {"ours": figures(ours), "usual": figures(usual), "limit": figures(limit)}
        for name in AGAINST_USUAL
    }
    routes |= {name: {"ours": figures(ours)} for name in (*AGAINST_LIST, "old", "apart")}
    return {
        "routes": routes,
        "notes": {},
        "tickets": 9_865,
        "memory": {
            "ours": 67,
            "usual": 42,
            "make run": 590,
            "parts": {"web server": 240, "PostgreSQL": 350},
        },
        "space": {
            "databases": {"tickets": 101e6, "peer_rest": 15e6},
            "tables": [("tickets_ticket", 14e6, 16e6, 34e6), ("tiny", 1, 1, 2)],
        },
        "export_rows": 9_865,
        "export_seconds": 0.5,
        "postgresql": 18,
        "pgbench": {"list, 20 rows": 5_394.0, "one ticket by its id": None},
        **values,
    }


def results(**sizes):
    machine = {"cores": 2, "memory_gb": 25, "python": "3.11.7", "client": "wrk"}
    return {"machine": machine, "sizes": {name.strip("_"): each for name, each in sizes.items()}}


def reached(answers):
    return {goal.title: goal.is_reached for goal in goals(answers, TITLES)}


def test_a_ratio_is_reached_from_the_wanted_one_on():
    answers = results(_10000=result(ours=40.0, usual=10.0, limit=100.0))
    held = reached(answers)
    assert held["list, 20 rows, 10,000 tickets, of the usual design"] is True
    assert held["list, 20 rows, 10,000 tickets, of the limit"] is False
    assert held["statistics, 10,000 tickets, of the usual design"] is False
    assert held["change status, 10,000 tickets, of the usual design"] is True


def test_what_was_not_measured_is_not_reached():
    answers = results(_10000=result())
    del answers["sizes"]["10000"]["routes"]["list"]["usual"]
    goal = next(each for each in goals(answers, TITLES) if "of the usual design" in each.title)
    assert goal.is_reached is None
    assert "not measured" in page(answers)


def test_memory_is_told_by_what_it_is():
    text = page(results(_10000=result()))
    assert "with its database: 590 MB (web server 240, PostgreSQL 350)." in text


def test_pages_are_compared_with_our_own_list():
    answers = results(_10000=result())
    answers["sizes"]["10000"]["routes"]["ticket_page"]["ours"]["rate"] = 4.9
    title = "ticket page, 10,000 tickets, of our own list"
    (goal,) = (goal for goal in goals(answers, TITLES) if goal.title == title)
    assert (goal.wanted, goal.measured, goal.is_reached) == ("1/20", "1/20.4", False)


def test_growth_may_be_as_that_of_the_limit():
    answers = results(_10000=result(), _1000000=result(ours=50.0, limit=90.0))
    title = "list, 20 rows, rate at 1,000,000 as a part of that at 10,000"
    (goal,) = (goal for goal in goals(answers, TITLES) if goal.title == title)
    assert (goal.wanted, goal.measured, goal.is_reached) == ("0.48", "0.50", True)


def test_a_hard_search_is_measured_by_its_database_time():
    answers = results(_1000000=result())
    mine = answers["sizes"]["1000000"]["routes"]["old"]["ours"]
    mine |= {"database_ms": 251.0, "until_ms": 999.0, "errors": 1}
    held = reached(answers)
    name = "search, common but old, 1,000,000 tickets"
    assert held[f"{name}, database time of a page"] is False
    assert held[f"{name}, until the first row or the end"] is True
    assert held[f"{name}, errors"] is False


def test_memory_and_space_count_at_a_million():
    large = result(tickets=990_000)
    large["space"]["databases"]["tickets"] = 3.1e9
    held = reached(results(_1000000=large))
    assert held["memory of a web worker alone, after load"] is True
    assert held["memory of the whole `make run`, 990,000 tickets"] is True
    assert held["space of 990,000 tickets with audit trail and predictions"] is False


def test_each_route_has_a_row_in_each_table():
    text = page(results(_10000=result()))
    for name in result()["routes"]:
        assert text.count(f"| {TITLES[name]} |") == 2
    assert "| `tickets_ticket` | 14 | 16 | 34 |" in text
    assert "`tiny`" not in text
    assert "list, 20 rows 5,394." in text


def test_wrong_answers_are_told():
    notes = {"deep": {"usual": "WrongAnswer: [1] instead of [2]"}}
    text = page(results(_10000=result(notes=notes)))
    assert "- deep page, usual design, tuned: WrongAnswer: [1] instead of [2]" in text


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234, "0.12"), (9.99, "9.99"), (12.34, "12.3"), (2960.4, "2,960")]
)
def test_rates_have_two_to_four_digits(value, text):
    assert rate(value) == text


def test_without_results_there_is_nothing(tmp_path):
    assert read_results(tmp_path / "results.json") == {"machine": {}, "sizes": {}}


def test_routes_that_are_measured_again_replace_their_earlier_figures():
    earlier = result(notes={"deep": {"usual": "wrong"}, "list": {"limit": "wrong"}})
    again = {**result(ours=1.0), "notes": {}, "export_seconds": 3.0, "memory": {}}
    again["routes"] = {"list": again["routes"]["list"]}
    both = merged(earlier, again)
    assert both["routes"]["list"]["ours"]["rate"] == 1.0
    assert both["routes"]["deep"]["ours"]["rate"] == 100.0
    assert (both["notes"], both["export_seconds"]) == ({"deep": {"usual": "wrong"}}, 3.0)
    assert both["memory"] == earlier["memory"]


def bars_of(image):
    root = ET.fromstring(image)
    bars = [bar for bar in root.iter(f"{SVG}rect") if float(bar.get("x")) > 200]
    return root, [float(bar.get("width")) for bar in bars]


def test_a_tenfold_value_has_a_bar_longer_by_one_step():
    groups = [("a", [("ours", 1.0), ("usual", 10.0)]), ("b", [("ours", 100.0)])]
    _, widths = bars_of(bar_chart("Rates", groups, DESKS))
    assert widths[2] - widths[1] == pytest.approx(widths[1], abs=0.2)
    assert 0 < widths[0] < 5


def test_a_chart_escapes_its_texts_and_names_the_series_that_it_has():
    root, _ = bars_of(bar_chart("a < b & c", [("x", [("limit", 3.0)])], DESKS))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[0] == "a < b & c"
    assert "limit" in texts
    assert "ours" not in texts


def test_a_chart_stays_readable_on_a_dark_page():
    style = ET.fromstring(chart(10_000, result())).find(f"{SVG}style").text
    assert "prefers-color-scheme: dark" in style


def test_nothing_answered_is_a_short_bar():
    _, widths = bars_of(bar_chart("Rates", [("a", [("ours", 0.0)])], DESKS))
    assert 0 < widths[0] < 5
