"""Charts, times and sentences, without a page around them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tickets.audit.trail import AuditEntry
from tickets.pages import audit_text, charts
from tickets.pages.templatetags import desk

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0, 2), (1, 2), (7, 7), (10, 10), (11, 15), (79, 80), (81, 100), (100, 100), (12_345, 15_000)],
)
def test_the_scale_ends_at_a_round_number(value, rounded):
    assert charts.round_up(value) == rounded


def test_the_scale_never_cuts_a_bar():
    for value in range(1, 20_000, 7):
        assert value <= charts.round_up(value) <= max(2, 2 * value)


def test_bars_stand_on_the_ground_and_side_by_side():
    counts = {date(2026, 1, n): n % 4 for n in range(1, 31)}
    chart = charts.day_chart(counts, date(2026, 1, 1), date(2026, 1, 30))
    assert all(column.y + column.height == charts.HEIGHT for column in chart.columns)
    assert [column.x for column in chart.columns] == [1 + charts.SLOT * n for n in range(30)]
    assert (chart.most.count, chart.most.span.first.day) == (3, 3)


def test_a_day_ends_where_the_next_begins():
    day = date(2026, 2, 28)
    [column] = charts.day_chart({day: 1}, day, day).columns
    assert column.span.after == date(2026, 3, 1)


def test_shares_of_nothing_are_nothing():
    shown = [(bar.share, bar.width) for bar in charts.bars({"a": 0, "b": 0})]
    assert shown == [("0\u00a0%", 0), ("0\u00a0%", 0)]


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
    ],
)
def test_ages(age, words):
    assert words in desk.ago(timezone.now() - age)


def test_the_full_time_is_at_hand():
    shown = desk.ago(NOW)
    assert 'datetime="2026-03-14T15:09Z"' in shown
    assert 'title="14 March 2026, 15:09 UTC"' in shown
    assert ">14 Mar 2026<" in shown


@pytest.mark.parametrize(
    ("name", "letters"), [("hanna", "H"), ("maria.keller", "MK"), ("a_b_c", "AB"), ("é", "É")]
)
def test_initials(name, letters):
    assert desk.initials(name) == letters


@pytest.mark.parametrize("kind", ["priority", "status", "category", "sentiment"])
def test_a_badge_is_shape_and_word(kind):
    shown = desk.badge(kind, "in_progress")
    assert f'<use href="#i-{kind}-in_progress"/>' in shown
    assert "In progress" in shown


def entry(event="changed", actor="hanna", **changes):
    return AuditEntry(NOW, actor, event, changes)


@pytest.mark.parametrize(
    ("told", "sentences"),
    [
        (entry("created", title=(None, "x")), ["opened the ticket"]),
        (entry("deleted"), ["deleted the ticket"]),
        (entry("comment created", public=(None, True)), ["replied"]),
        (entry("comment created", public=(None, False)), ["wrote an internal note"]),
        (entry(description=("a", "b")), ["edited the description"]),
        (entry(status=("open", "in_progress")), ["changed status from open to in progress"]),
        (entry(assignee=(None, "mo_re")), ["changed assignee from nobody to mo_re"]),
        (entry(requester_email=(None, "a@b.c")), ["changed requester's e-mail from none to a@b.c"]),
        (entry(priority_source=("offline", "human")), ["confirmed priority"]),
        (entry(sentiment_confidence=(0.1, 0.2)), ["updated the ticket"]),
        (
            entry(priority=("low", "high"), priority_source=("llm", "human")),
            ["changed priority from low to high"],
        ),
    ],
)
def test_history_in_sentences(told, sentences):
    assert audit_text.sentences(told) == sentences


@pytest.mark.parametrize(
    ("actor", "name"),
    [("hanna", "hanna"), ("requester", "The requester"), (None, "Somebody outside this program")],
)
def test_actors_have_names(actor, name):
    assert audit_text.actor_name(entry(actor=actor)) == name
