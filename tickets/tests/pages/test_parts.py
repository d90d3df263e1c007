"""Charts, times and audit texts, without a page around them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tickets.audit.trail import AuditEntry
from tickets.pages import audit_text, charts
from tickets.pages.templatetags import desk, triage

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


def test_bars_share_a_baseline_and_do_not_overlap():
    counts = {date(2026, 1, n): n % 4 for n in range(1, 31)}
    chart = charts.day_chart(counts, date(2026, 1, 1), date(2026, 1, 30))
    assert all(column.y + column.height == charts.HEIGHT for column in chart.columns)
    assert [column.x for column in chart.columns] == [1 + charts.BAR_WIDTH * n for n in range(30)]
    assert (chart.highest.count, chart.highest.span.first.day) == (3, 3)


def test_a_day_ends_where_the_next_begins():
    day = date(2026, 2, 28)
    [column] = charts.day_chart({day: 1}, day, day).columns
    assert column.span.after == date(2026, 3, 1)


def test_shares_of_nothing_are_zero():
    bars = [(bar.share, bar.width) for bar in charts.bars({"a": 0, "b": 0})]
    assert bars == [("0%", 0), ("0%", 0)]


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
    ],
)
def test_ages(age, text):
    assert text in desk.ago(timezone.now() - age)


@pytest.mark.parametrize(
    ("source", "provider", "model", "name"),
    [
        ("llm", "gemini", "flash", "gemini, flash"),
        ("llm", "gemini", "", "gemini"),
        ("llm", "", "", "Model"),
        ("offline", "offline", "lexicon-2", "Offline: lexicon"),
        ("offline", "offline", "lexicon-3+use-3", "Offline: lexicon and encoder"),
        ("offline", "offline", "lexicon-3+words-1", "Offline: lexicon and words"),
        ("offline", "offline", "learned-2", "Offline: confirmed tickets"),
        ("offline", "offline", "", "Offline"),
        ("default", "", "", "Default"),
    ],
)
def test_a_source_has_a_name(source, provider, model, name):
    assert triage.source_name({"source": source, "provider": provider, "model": model}) == name


def test_an_age_has_the_full_time():
    element = desk.ago(NOW)
    assert 'datetime="2026-03-14T15:09:00Z"' in element
    assert 'title="14 March 2026, 15:09 UTC"' in element
    assert ">14 Mar 2026<" in element


@pytest.mark.parametrize(
    ("name", "initials"), [("hanna", "H"), ("maria.keller", "MK"), ("a_b_c", "AB"), ("é", "É")]
)
def test_initials(name, initials):
    assert desk.initials(name) == initials


@pytest.mark.parametrize("kind", ["priority", "status", "category", "sentiment"])
def test_a_badge_has_an_icon_and_a_label(kind):
    badge = desk.badge(kind, "in_progress")
    assert f'<use href="#i-{kind}-in_progress"/>' in badge
    assert "In progress" in badge


def entry(event="changed", actor="hanna", **changes):
    return AuditEntry(NOW, actor, event, changes)


@pytest.mark.parametrize(
    ("audit_entry", "texts"),
    [
        (entry("created", title=(None, "x")), ["opened the ticket"]),
        (entry("deleted"), ["deleted the ticket"]),
        (entry("comment created", public=(None, True)), ["replied"]),
        (entry("comment created", public=(None, False)), ["added an internal note"]),
        (entry(description=("a", "b")), ["edited the description"]),
        (entry(status=("open", "in_progress")), ["changed status from open to in progress"]),
        (entry(assignee=(None, "mo_re")), ["changed assignee from unassigned to mo_re"]),
        (entry(requester_email=(None, "a@b.c")), ["changed requester's email from none to a@b.c"]),
        (entry(priority_source=("offline", "human")), ["confirmed priority"]),
        (entry(sentiment_confidence=(0.1, 0.2)), ["updated the ticket"]),
        (
            entry(priority=("low", "high"), priority_source=("llm", "human")),
            ["changed priority from low to high"],
        ),
    ],
)
def test_audit_entries_as_texts(audit_entry, texts):
    assert audit_text.texts(audit_entry) == texts


@pytest.mark.parametrize(
    ("actor", "name"),
    [("hanna", "hanna"), ("requester", "The requester"), (None, "Somebody outside this program")],
)
def test_actor_names(actor, name):
    assert audit_text.actor_name(entry(actor=actor)) == name
