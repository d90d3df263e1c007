"""Figures by source, their interval, and the floor of the calibration error."""

import io
import json

import pytest
from django.core.management import call_command

from tickets.triage.evaluation import metrics, table
from tickets.triage.evaluation.metrics import Judged

pytestmark = pytest.mark.django_db

ROWS = (
    ("I was charged twice, please refund my invoice", "billing", "shop"),
    ("What are your opening hours?", "general", "shop"),
    ("The app crashes when I open the report", "technical", "bank"),
    ("I forgot my password", "account", "bank"),
    ("The server is down", "billing", "bank"),  # wrong on purpose
)


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.csv"
    lines = [f'"{text}",{category},{source}' for text, category, source in ROWS]
    path.write_text("text,category,source\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def evaluate(*arguments):
    out = io.StringIO()
    call_command("evaluate_triage", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_rows_name_their_source(labelled):
    assert [row.source for row in table.read(labelled).rows] == [source for *_, source in ROWS]


def test_each_source_counts_alike(labelled):
    means = json.loads(evaluate(labelled, "--json"))["by_source"]["category"]
    assert [(row["source"], row["n"]) for row in means["sources"]] == [("bank", 3), ("shop", 2)]
    assert means["accuracy"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert means["low"] <= means["accuracy"] <= means["high"]


def test_the_text_shows_the_mean_and_its_interval(labelled):
    text = evaluate(labelled)
    assert "category by source" in text
    assert "95% interval of the mean, by resampling" in text


def test_without_sources_there_is_no_table_of_them(tmp_path):
    path = tmp_path / "labelled.csv"
    path.write_text("text,category\nThe app crashes,technical\n", encoding="utf-8")
    assert "by source" not in evaluate(str(path))
    assert "by_source" not in json.loads(evaluate(str(path), "--json"))


def test_the_interval_is_the_same_each_time_and_narrower_with_more_rows():
    few, many = [[True, False] * 10], [[True, False] * 1000]
    assert metrics.resampled_interval(few) == metrics.resampled_interval(few)
    width = [high - low for low, high in map(metrics.resampled_interval, (few, many))]
    assert width[0] > 5 * width[1]
    assert metrics.resampled_interval([]) is None


@pytest.mark.parametrize(("rows", "low", "high"), [(300, 0.025, 0.06), (2400, 0.008, 0.022)])
def test_perfect_confidences_show_some_error_on_few_rows(rows, low, high):
    judged = [Judged("a", "a", (number % 50 + 50) / 100) for number in range(rows)]
    assert low < metrics.calibration_floor(judged) < high
    assert metrics.calibration_floor([Judged("a", "a")]) is None
