"""`manage.py evaluate_triage`: what it measures and refuses, and that it changes nothing."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import connection
from django.utils import timezone

from tickets.management.commands import evaluate_triage
from tickets.models.triage import Feedback
from tickets.tests.factories import TicketFactory
from tickets.triage import engine
from tools.fake_llm import FakeLLM

pytestmark = pytest.mark.django_db

ROWS = """text,category,priority,sentiment,urgency,lang
"I was charged twice, please refund the invoice.",billing,high,neutral,70,en
"The app crashes with an error when I open it.",technical,medium,frustrated,50,en
"I forgot my password and cannot sign in.",account,medium,neutral,40,en
"Thank you, what are your opening hours?",general,low,calm,10,en
"""
CHOICE = {"n", "accuracy", "macro_f1", "ece", "ece_floor", "coverage_at_0_8", "accuracy_at_0_8"}
LEVEL = CHOICE | {"within_one", "critical_recall", "critical_precision"}
FIELDS = {"category": CHOICE, "priority": LEVEL, "sentiment": CHOICE}
FIELDS["urgency"] = {"n", "spearman", "mae"}


@pytest.fixture
def write(tmp_path):
    def write(content=ROWS):
        path = tmp_path / "tickets.csv"
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


def evaluate(*arguments):
    """Return what it prints on standard output and on standard error."""
    out, notes = io.StringIO(), io.StringIO()
    call_command("evaluate_triage", *arguments, stdout=out, stderr=notes, no_color=True)
    return out.getvalue(), notes.getvalue()


def report(*arguments):
    out, _notes = evaluate(*arguments, "--json")
    return json.loads(out)


def lines_of(category, count):
    rows = (f"The zorblax {number} lies on my desk,{category}\n" for number in range(count))
    return "text,category\n" + "".join(rows)


def test_json_has_exactly_the_documented_figures(write):
    measured = report(write())
    assert list(measured) == [
        *FIELDS,
        *("latency_ms", "failures", "cost_usd", "baselines"),
    ]
    for figures in (measured, measured["baselines"]["default"], measured["baselines"]["lexicon"]):
        assert {name: set(figures[name]) for name in FIELDS} == FIELDS
        assert {figures[name]["n"] for name in FIELDS} == {4}
    assert set(measured["baselines"]) == {"default", "lexicon"}
    assert 0 < measured["latency_ms"]["p50"] <= measured["latency_ms"]["p95"]
    assert measured["failures"] == measured["cost_usd"] == 0


def test_it_measures_the_offline_classifier_beside_the_baselines(write):
    figures = report(write())
    assert figures["category"]["accuracy"] == figures["category"]["macro_f1"] == 1
    assert figures["baselines"]["lexicon"]["category"]["accuracy"] == 1
    default = figures["baselines"]["default"]
    assert (default["category"]["accuracy"], default["priority"]["accuracy"]) == (0.25, 0.5)


def test_without_the_sentence_encoder_it_measures_the_other(write, settings):
    settings.TRIAGE_ENCODER = False
    figures = report(write())
    assert figures["category"]["accuracy"] == 1
    assert figures["priority"]["n"] == 4


def test_the_default_is_a_constant_without_confidence(write):
    figures = report(write(), "--source", "default")
    assert {name: figures[name] for name in FIELDS} == figures["baselines"]["default"]
    assert figures["sentiment"]["accuracy"] == 0.5
    assert figures["category"]["ece"] is None
    assert figures["category"]["coverage_at_0_8"] == 0
    assert figures["category"]["accuracy_at_0_8"] is None
    assert figures["urgency"] == {"n": 4, "spearman": None, "mae": 17.5}


def test_without_json_it_prints_tables(write):
    out, notes = evaluate(write())
    for text in (
        *("4 rows of", "answered by offline."),
        *("always general", "always medium", "lexicon only"),
        *("macro-F1", "critical recall", "within one", "Spearman", "right, predicted:"),
        *("p95", "failures  0 of 4 rows", "cost      $0.000000"),
    ):
        assert text in out
    assert notes == ""
    assert "after learning" not in out


def test_the_title_is_read_too(write):
    content = 'title,text,category\n"Refund my invoice","see above",billing\n'
    assert report(write(content))["category"]["accuracy"] == 1


def test_skipped_rows_are_reported_on_standard_error(write):
    out, notes = evaluate(write("text,category\nrefund my invoice,billing\nhello,\n"), "--json")
    assert json.loads(out)["category"]["n"] == 1
    assert notes == "Skipped 1 row without a text or a label.\n"


def test_a_limit_takes_the_first_rows(write):
    assert report(write(), "--limit", "2")["category"]["n"] == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Give either a file or --from-tickets"),
        (["x.csv", "--from-tickets"], "Give either a file or --from-tickets"),
        (["x.csv", "--learn", "--source", "default"], "no other source learns"),
        (["x.csv", "--limit", "0"], "--limit must be 1 or more"),
        (["none.csv"], "none.csv' cannot be read: No such file"),
        (["."], "'.' cannot be read: Is a directory"),
        (["--from-tickets"], "No agent has decided"),
        (
            ["x.csv", "--source", "groq"],
            "groq cannot be used. The API key is missing: set GROQ_API",
        ),
        (
            ["x.csv", "--source", "local"],
            "local cannot be used. No model is configured: set LLM_MODEL",
        ),
    ],
)
def test_a_bad_option_is_one_clear_line(arguments, text):
    with pytest.raises(CommandError) as error:
        evaluate(*arguments)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_row_is_one_clear_line(write):
    with pytest.raises(CommandError, match="Line 2: category 'vip' is not one of billing"):
        evaluate(write("text,category\nx,vip\n"))


def test_a_disabled_model_is_not_called(write, settings):
    settings.LLM_ENABLED = False
    with pytest.raises(CommandError, match="LLM_ENABLED=0"):
        evaluate(write(), "--source", "openai")


def test_a_local_model_needs_an_address(write, settings):
    settings.LLM_MODEL = "some-model"
    with pytest.raises(CommandError, match="set LLM_BASE_URL"):
        evaluate(write(), "--source", "local")


def test_learning_reports_a_curve(write):
    figures = report(write(lines_of("billing", 60)), "--learn")
    assert [point["n"] for point in figures["curve"]] == [0, 20, 50]
    first, *_, last = (point["category"] for point in figures["curve"])
    assert first == figures["category"]["accuracy"] < last == 1
    assert {point["priority"] for point in figures["curve"]} == {None}
    assert figures["baselines"]["lexicon"]["category"]["accuracy"] < 0.5
    assert "after learning" in evaluate(write(lines_of("billing", 60)), "--learn")[0]


def test_learning_leaves_nothing_behind(write):
    path = write(lines_of("billing", 40))
    before = report(path)
    evaluate(path, "--learn")
    assert report(path)["category"] == before["category"]


def decide(at, **values):
    ticket = TicketFactory(title="Refund", description=f"Charged twice on my invoice {at}.")
    for field, value in values.items():
        Feedback.objects.create(
            ticket=ticket,
            field=field,
            value=value,
            corrected=False,
            decided_at=timezone.now() + timezone.timedelta(minutes=at),
        )


@pytest.fixture
def tickets():
    decide(3, category="account")
    decide(1, category="billing", priority="high")
    decide(2, category="billing")
    TicketFactory()


def test_the_desks_own_tickets_can_be_measured(tickets):
    figures = report("--from-tickets")
    assert (figures["category"]["n"], figures["category"]["accuracy"]) == (3, 0.6667)
    assert figures["priority"]["n"] == 1
    assert figures["sentiment"]["n"] == figures["urgency"]["n"] == 0
    assert "For a fair measure use --learn." in evaluate("--from-tickets")[0]


def test_a_limit_takes_the_latest_decisions(tickets):
    figures = report("--from-tickets", "--limit", "1")
    assert (figures["category"]["n"], figures["category"]["accuracy"]) == (1, 0)


def test_tickets_come_in_the_order_of_their_decisions(tickets):
    rows = evaluate_triage._rows_of_tickets(None)
    assert [row.choices["category"] for row in rows] == ["billing", "billing", "account"]
    assert rows[0].choices == {"category": "billing", "priority": "high"}


def test_all_tickets_cost_two_queries(tickets, django_assert_num_queries):
    with django_assert_num_queries(2):
        evaluate_triage._rows_of_tickets(None)


@pytest.fixture
def fake_llm(settings):
    with FakeLLM(hang_seconds=20) as server:
        settings.LLM_TIMEOUT = 20.0
        settings.OPENAI_API_KEY = "a-secret-key"
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        yield server


def database():
    """Yield each table with its number of rows and a digest of them."""
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|')) FROM {name} t")
            yield table, cursor.fetchone()


@pytest.mark.parametrize("arguments", [["--source", "openai"], ["--learn"], []])
def test_it_changes_nothing_in_the_database(write, fake_llm, tickets, arguments):
    before, state = list(database()), engine._state
    evaluate(write(), *arguments)
    evaluate("--from-tickets", *arguments)
    assert list(database()) == before
    assert engine._state is state


def test_a_model_is_measured(write, fake_llm):
    figures = report(write(), "--source", "openai")
    assert figures["category"]["n"] == figures["urgency"]["n"] == 4
    assert figures["category"]["ece"] is not None
    assert figures["failures"] == 0
    assert figures["cost_usd"] > 0
    assert len(fake_llm.log) == 8  # category and priority at once, sentiment and urgency at once


def test_a_model_is_called_only_for_labelled_fields(write, fake_llm):
    content = "text,category,sentiment\nI want a refund of my invoice.,billing,\n"
    report(write(content), "--source", "openai")
    assert len(fake_llm.log) == 1


def test_a_fallback_answer_counts_as_a_failure(write, fake_llm):
    fake_llm.control("500", times=1)
    content = lines_of("general", 3)
    figures = report(write(content), "--source", "openai")
    assert figures["failures"] == 1
    assert figures["category"]["n"] == 2
    assert figures["baselines"]["default"]["category"]["n"] == 3


def test_a_failing_model_is_called_for_every_row(write, fake_llm):
    fake_llm.control("429", times=4)
    out, _notes = evaluate(write(lines_of("general", 5)), "--source", "openai")
    assert "failures  4 of 5 rows, left out of the metrics above (rate_limited 4)" in out
    assert len(fake_llm.log) == 5
    assert "a-secret-key" not in out


def test_a_rejected_reply_still_costs(write, fake_llm):
    fake_llm.control(reply="no idea")
    figures = report(write(lines_of("general", 2)), "--source", "openai")
    assert figures["failures"] == 2
    assert figures["category"]["accuracy"] is None
    assert figures["cost_usd"] > 0


class Terminal(io.StringIO):
    def isatty(self):
        return True


def progress_output(out, monkeypatch, seconds):
    """Return what `out` shows after five rows that took this many seconds each."""
    clock = iter(range(0, 100 * seconds, seconds))
    monkeypatch.setattr(evaluate_triage.time, "monotonic", lambda: next(clock))
    with evaluate_triage.ProgressLine(OutputWrapper(out), "offline", 5) as progress:
        for count in range(1, 6):
            progress.show(count)
    return out.getvalue()


def test_progress_moves_on_a_terminal_and_is_cleared_at_the_end(monkeypatch):
    text = progress_output(Terminal(), monkeypatch, seconds=1)
    assert "offline: 5 of 5 rows, 5 s" in text
    assert "#" * evaluate_triage.ProgressLine.WIDTH in text
    assert text.endswith("\r\033[K")
    assert "\n" not in text


def test_without_a_terminal_progress_is_a_line_now_and_then(monkeypatch):
    assert progress_output(io.StringIO(), monkeypatch, seconds=1) == ""
    text = progress_output(io.StringIO(), monkeypatch, seconds=10)
    assert text == "offline: 2 of 5 rows, 20 s\noffline: 4 of 5 rows, 40 s\n"


class Closed(Terminal):
    def write(self, text):
        raise BrokenPipeError


def test_a_closed_standard_error_stops_nothing(monkeypatch):
    assert progress_output(Closed(), monkeypatch, seconds=1) == ""


def manage(*arguments, **options):
    command = [sys.executable, "manage.py", "evaluate_triage", *arguments]
    return subprocess.run(
        command, cwd=Path(django_settings.BASE_DIR), stderr=subprocess.PIPE, text=True, **options
    )


def test_a_bad_file_is_one_line_on_standard_error_and_exit_code_1(write):
    ended = manage(write("text,category\nx,vip\n"), stdout=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "Line 2" in ended.stderr


def test_a_closed_pipe_causes_no_traceback(write):
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        ended = manage(write(), "--source", "default", stdout=pipe)
    assert (ended.returncode, ended.stderr) == (0, "")
