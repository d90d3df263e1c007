"""The metrics, compared with examples calculated by hand and with properties of all rows."""

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.triage.evaluation import metrics, run, table
from tickets.triage.evaluation.metrics import Judged
from tickets.triage.evaluation.report import Report
from tickets.triage.evaluation.sources import Default, Lexicon, Offline
from tickets.triage.evaluation.table import BadFile, Row
from tickets.triage.offline import lexicon_scores
from tickets.triage.offline.classifier import LEARNED
from tickets.triage.results import Classification, SentimentScore
from tickets.vocabulary import PRIORITIES

LABELS = st.sampled_from(PRIORITIES)
CONFIDENCES = st.none() | st.floats(0, 1)
JUDGED = st.builds(Judged, LABELS, LABELS, CONFIDENCES)
PAIRS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=40)


def judged(*rows):
    return [Judged(*row) for row in rows]


FOUR = judged(
    ("billing", "billing"), ("billing", "account"), ("account", "account"), ("general", "billing")
)


def test_accuracy_is_the_share_of_right_answers():
    assert metrics.accuracy(FOUR) == 0.5


def test_macro_f1_weights_the_right_labels_equally():
    # billing: 2*1/(2+2); account: 2*1/(1+2); general: 0. Technical is not in the truth.
    assert metrics.macro_f1(FOUR) == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


def test_a_label_that_is_only_predicted_adds_no_class():
    assert metrics.macro_f1(judged(("low", "low"), ("low", "high"))) == pytest.approx(2 / 3)


def test_critical_recall_and_precision():
    rows = judged(
        *[("critical", "critical")] * 2,
        *[("critical", "low")] * 3,
        *[("high", "critical")] * 6,
        ("low", "low"),
    )
    assert metrics.recall(rows, "critical") == pytest.approx(2 / 5)
    assert metrics.precision(rows, "critical") == pytest.approx(2 / 8)


def test_a_miss_by_one_level_is_near_and_by_two_is_not():
    rows = judged(("low", "low"), ("low", "medium"), ("low", "high"), ("critical", "low"))
    assert metrics.within_one(rows, PRIORITIES) == 0.5


def test_calibration_error_by_hand():
    # 0.9 to 1.0: confidence 1.9 and 1 right; 0.8 to 0.9: 0.85 and 1; 0.3 to 0.4: 0.3 and 1.
    rows = judged(("a", "a", 0.95), ("a", "b", 0.95), ("a", "a", 0.85), ("a", "a", 0.3))
    assert metrics.calibration_error(rows) == pytest.approx((0.9 + 0.15 + 0.7) / 4)


def test_confidences_within_a_bin_are_averaged():
    assert metrics.calibration_error(judged(("a", "a", 0.55), ("a", "b", 0.55))) == pytest.approx(
        0.05
    )


def test_full_confidence_belongs_to_the_last_bin():
    assert metrics.calibration_error(judged(("a", "a", 1.0))) == 0
    assert metrics.calibration_error(judged(("a", "b", 1.0), ("a", "a", 0.9))) == pytest.approx(
        0.45
    )


def test_confidences_that_equal_the_accuracy_are_calibrated():
    rows = [
        Judged("a", "a" if number < tenths else "b", tenths / 10)
        for tenths in range(1, 10)
        for number in range(10)
    ]
    assert metrics.calibration_error(rows) == pytest.approx(0, abs=1e-12)


def test_rows_without_a_confidence_count_for_accuracy_only():
    rows = judged(("a", "a", 1.0), ("a", "b", None), ("a", "b", None))
    assert metrics.calibration_error(rows) == 0
    assert metrics.accuracy(rows) == pytest.approx(1 / 3)
    assert metrics.confident(rows) == rows[:1]
    assert metrics.calibration_error(rows[1:]) is None


def test_confident_starts_at_eighty_percent():
    rows = judged(("a", "a", 0.8), ("a", "a", 0.7999))
    assert metrics.confident(rows) == rows[:1]


def test_equal_values_share_their_mean_rank():
    assert metrics.ranks([20, 10, 20, 30]) == [2.5, 1, 2.5, 4]
    assert metrics.ranks([7, 7, 7]) == [2, 2, 2]
    assert metrics.ranks([]) == []


def test_spearman_by_hand():
    assert metrics.spearman([(1, 10), (2, 20), (3, 25)]) == 1
    assert metrics.spearman([(1, 30), (2, 20), (3, 10)]) == -1
    # Without ties: 1 - 6 * sum(d^2) / (n * (n^2 - 1)), and here d = 1, -1, 1, -1, 0.
    assert metrics.spearman([(1, 2), (2, 1), (3, 4), (4, 3), (5, 5)]) == pytest.approx(
        1 - 6 * 4 / (5 * 24)
    )
    # Ranks 1.5 1.5 3 4 against 1 2 3.5 3.5, less their mean 2.5.
    assert metrics.spearman([(5, 1), (5, 2), (6, 9), (7, 9)]) == pytest.approx(4.0 / 4.5)


@pytest.mark.parametrize("pairs", [[], [(1, 2)], [(1, 5), (2, 5)], [(3, 1), (3, 2)]])
def test_constant_values_have_no_correlation(pairs):
    assert metrics.spearman(pairs) is None


def test_percentiles_lie_between_neighbours():
    assert metrics.percentile([4, 1, 3, 2], 0.5) == 2.5
    assert metrics.percentile([1, 2, 3, 4, 5], 0.95) == pytest.approx(4.8)
    assert metrics.percentile([7], 0.95) == 7
    assert metrics.percentile([1, 2], 1) == 2


def test_mean_error_and_confusion_by_hand():
    assert metrics.mean_absolute_error([(10, 40), (50, 40)]) == 20
    table = metrics.confusion(FOUR)
    assert table == {
        "billing": {"billing": 1, "account": 1},
        "account": {"account": 1},
        "general": {"billing": 1},
    }


def test_without_rows_every_metric_is_none():
    for figure in (metrics.accuracy, metrics.macro_f1, metrics.calibration_error):
        assert figure([]) is None
    assert metrics.recall(FOUR, "technical") is metrics.precision(FOUR, "technical") is None
    assert metrics.mean_absolute_error([]) is metrics.percentile([], 0.5) is None


@given(PAIRS)
def test_spearman_depends_on_order_only_and_stays_in_bounds(pairs):
    result = metrics.spearman(pairs)
    stretched = metrics.spearman([(math.exp(a / 20), b * b * b + 7) for a, b in pairs])
    swapped = metrics.spearman([(b, a) for a, b in pairs])
    if result is None:
        assert stretched is swapped is None
    else:
        assert -1 <= result <= 1
        assert stretched == pytest.approx(result)
        assert swapped == pytest.approx(result)
        assert metrics.spearman([(a, -b) for a, b in pairs]) == pytest.approx(-result)


@given(st.lists(JUDGED, min_size=1, max_size=60))
def test_every_share_is_between_0_and_1(rows):
    shares = [
        metrics.accuracy(rows),
        metrics.macro_f1(rows),
        metrics.within_one(rows, PRIORITIES),
        metrics.calibration_error(rows),
        metrics.recall(rows, "critical"),
        metrics.precision(rows, "critical"),
    ]
    assert all(share is None or -1e-9 <= share <= 1 + 1e-9 for share in shares)
    assert metrics.within_one(rows, PRIORITIES) >= metrics.accuracy(rows)


@given(st.lists(JUDGED, max_size=60), st.randoms())
def test_metrics_do_not_depend_on_the_order_of_rows(rows, random):
    mixed = random.sample(rows, len(rows))
    for figure in (metrics.accuracy, metrics.macro_f1, metrics.calibration_error):
        assert figure(mixed) == pytest.approx(figure(rows))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_among_the_values(values, at):
    assert min(values) - 1e-6 <= metrics.percentile(values, at) <= max(values) + 1e-6


class Scripted:
    """A source that answers from a list; None is a failure."""

    def __init__(self, *answers):
        self.answers, self.questions = list(answers), []

    def classify(self, row):
        self.questions.append(("classify", row.text))
        return self.answers.pop(0)

    def score_sentiment(self, row):
        self.questions.append(("score_sentiment", row.text))
        return self.answers.pop(0)


def rows_of(name, *values):
    return [Row("", f"text {number}", {name: value}) for number, value in enumerate(values)]


def test_only_questions_with_a_label_are_asked():
    source = Scripted(Classification(), SentimentScore(), Classification(), SentimentScore())
    rows = [
        Row("", "a", {"category": "general"}),
        Row("", "b", {"sentiment": "calm"}),
        Row("", "c", {"priority": "low"}, 20),
    ]
    run.ask(source, rows)
    assert source.questions == [
        ("classify", "a"),
        ("score_sentiment", "b"),
        ("classify", "c"),
        ("score_sentiment", "c"),
    ]


def test_a_failure_counts_once_per_row_and_not_in_the_metrics():
    everything = {"category": "general", "priority": "low", "sentiment": "calm"}
    rows = [
        Row("", "a", everything, 10),
        Row("", "b", everything, 10),
        Row("", "c", everything, 10),
    ]
    result = run.ask(Scripted(None, SentimentScore(), Classification(), None, None, None), rows)
    assert result.failures == 3
    figures = run.figures(result)
    assert {name: figures[name]["n"] for name in figures} == {
        "category": 1, "priority": 1, "sentiment": 1, "urgency": 1,
    }  # fmt: skip
    assert figures["category"]["accuracy"] == 1
    assert figures["priority"]["accuracy"] == 0


def test_a_row_is_predicted_before_it_is_learned():
    source, order = Scripted(Classification(), Classification()), []
    rows = rows_of("category", "general", "billing")
    run.ask(source, rows, afterwards=lambda row: order.append((row.text, len(source.questions))))
    assert order == [("text 0", 1), ("text 1", 2)]


def test_the_curve_leaves_out_the_rows_before_it():
    rows = rows_of("category", *["billing"] * 20, *["general"] * 20)
    result = run.curve(run.ask(Default(), rows))
    assert result == [
        {"n": 0, "category": 0.5, "priority": None},
        {"n": 20, "category": 1.0, "priority": None},
    ]


@pytest.mark.parametrize(
    ("rows", "counts"),
    [(1, [0]), (20, [0]), (21, [0, 20]), (101, [0, 20, 50, 100]), (1001, list(run.CURVE))],
)
def test_the_curve_has_a_point_for_each_count_below_the_number_of_rows(rows, counts):
    result = run.curve(run.ask(Default(), rows_of("priority", *["medium"] * rows)))
    assert [point["n"] for point in result] == counts
    assert all(point["priority"] == 1 for point in result)


def test_fields_without_labels_have_all_keys_and_no_values():
    figures = run.figures(run.ask(Default(), rows_of("category", "billing")))
    assert figures["urgency"] == {"n": 0, "spearman": None, "mae": None}
    assert figures["priority"].pop("n") == 0
    assert set(figures["priority"].values()) == {None}


def test_the_tables_count_rows_without_a_confidence():
    default = run.ask(Default(), rows_of("category", "billing", "general"))
    text = Report("default", default, default, default).as_text()
    assert "always general" in text
    assert "No confidence" in text
    assert "priority" not in text


ODD = "The zorblax lies on my desk"


def test_the_offline_source_learns_a_row_and_not_from_itself():
    source = Offline()
    row = Row("", ODD, {"category": "billing", "priority": "high"}, key=12)
    assert source.classify(row).model != LEARNED
    source.learn(row)
    assert source.classify(row).model != LEARNED  # a ticket is no example for itself
    other = source.classify(row._replace(key=1))
    assert (other.category, other.priority, other.category_like) == ("billing", "high", 12)
    assert source.score_sentiment(row._replace(key=0)).urgency_model == LEARNED


def test_rows_of_a_file_are_examples_for_each_other():
    source = Offline()
    for row in rows_of("category", *["account"] * 3):
        source.learn(row._replace(text=ODD))
    assert source.classify(Row("", ODD, {})).category == "account"
    # Nor is a row mistaken for the desk's ticket of that number.
    assert source.classify(Row("", ODD, {}, key=1)).category == "account"


def test_the_lexicon_alone_is_a_source():
    assert Lexicon().classify(Row("", "Please refund me", {})).model == lexicon_scores.VERSION
    assert Lexicon().classify(Row("", "xyzzy", {})) == Classification()
    assert Lexicon().score_sentiment(Row("", "xyzzy", {})) == SentimentScore()


def written(tmp_path, content):
    path = tmp_path / "tickets.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_file_is_read_whatever_its_line_ends_order_and_other_columns(tmp_path):
    expected = [Row("t", "a\u2028b", {"category": "billing"}, 30.0), Row("", "c", {}, 0.0)]
    for end in ("\n", "\r\n", "\r"):
        lines = ["lang, Urgency ,text,CATEGORY,title", "en,30,a\u2028b, Billing,t", "", ",0,c"]
        path = written(tmp_path, b"\xef\xbb\xbf" + end.join(lines).encode())
        assert table.read(path) == (expected, 0)


def test_a_text_keeps_its_spaces_and_lines(tmp_path):
    path = written(tmp_path, 'text,priority\n"  two\r\nlines ",LOW\n')
    assert table.read(path).rows == [Row("", "  two\r\nlines ", {"priority": "low"})]


def test_rows_without_a_text_or_a_label_are_left_out(tmp_path):
    path = written(tmp_path, "text,category\na,billing\n  ,billing\nb,\nc,general\n")
    result = table.read(path)
    assert [row.text for row in result.rows] == ["a", "c"]
    assert result.left_out == 2


def test_rows_after_the_limit_are_not_read(tmp_path):
    path = written(tmp_path, "text,category\na,billing\nb,billing\nc,nonsense\n")
    assert len(table.read(path, 2).rows) == 2


def test_huge_fields_are_read_and_the_csv_limit_is_restored(tmp_path):
    before = csv.field_size_limit()
    path = written(tmp_path, f"text,category\n{'refund ' * 300_000},billing\n")
    assert len(table.read(path).rows[0].text) == 2_100_000
    assert csv.field_size_limit() == before


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=8))
def test_what_the_csv_module_writes_comes_back(tmp_path_factory, texts):
    texts = [text.encode("utf-8", "replace").decode().replace("\0", "?") for text in texts]
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["text", "category"], *([text, "general"] for text in texts)])
    assert [row.text for row in table.read(str(path)).rows] == texts


BAD = {
    "empty": ("", "The file is empty."),
    "no text column": ("subject,category\nx,billing\n", "Line 1: there is no column text"),
    "no label column": ("text,label\nx,billing\n", "Line 1: there is no column of labels"),
    "a column twice": ("text,text,category\nx,y,billing\n", "Line 1: there are two columns text"),
    "no rows": ("text,category\n\n", "no row with a text and a label"),
    "only empty labels": ("text,category\nx,\n", "no row with a text and a label"),
    "label": ("text,category\nx,billing\ny,vip\n", "Line 3: category 'vip' is not one of billing"),
    "more cells": ("text,category\nx,billing,y\n", "Line 2: 3 cells, but the header has 2"),
    "after a long record": ('text,category\n"a\n\nb",general\nx,vip\n', "Line 5: category 'vip'"),
    "a long record": ('text,category\nx,general\n"a\n\nb",vip\n', "Line 3: category 'vip'"),
    "open quote": ('text,category\nx,general\n"never closed,billing\n', "Line 3: not well-formed"),
    "text after a quote": ('text,category\n"a"b,billing\n', "Line 2: not well-formed"),
    "NUL": (b"text,category\nx,general\na\0b,general\n", "Line 3: there is a NUL character"),
    "Latin-1": (b"text,category\nx,general\n\xfcber,general\n", "Line 3: the file is not UTF-8"),
    "UTF-16": ("text,category\nx,general\n".encode("utf-16"), "Line 1: the file is not UTF-8"),
    "a word": ("text,urgency\nx,soon\n", "Line 2: urgency 'soon' is not a number from 0 to 100"),
} | {
    number: (f"text,urgency\nx,{number}\n", "Line 2: urgency")
    for number in ("-1", "101", "nan", "inf", "1e999", "1_0", "0x10", "٣", "9" * 5000)
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_clear_line(tmp_path, name):
    content, message = BAD[name]
    with pytest.raises(BadFile) as error:
        table.read(written(tmp_path, content))
    assert str(error.value).startswith(message) or message in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("name", ["none.csv", "", "a\0b"])
def test_a_path_without_a_file_is_an_error(tmp_path, name):
    with pytest.raises(BadFile, match="cannot be read"):
        table.read(str(tmp_path / name))
