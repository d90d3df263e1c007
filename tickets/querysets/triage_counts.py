"""The triage report: how often each source was right, and at what cost.

Days are counted by a job, see `services/triage/report.py` and docs/decisions/0047-triage-report.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from django.db import connection, models
from django.utils import timezone

from ..vocabulary import CALIBRATION_BINS as BINS
from ..vocabulary import CONFIDENT_FROM, LearnedField, PredictedField
from .figures import CalibrationBin, DayFigures, FieldFigures, SourceFigures, TriageFigures
from .statistics import midnight

CountT = TypeVar("CountT", bound=models.Model)

SPANS = (1, 16, 256)  # days
FIRST_CONFIDENT_BIN = round(CONFIDENT_FROM * BINS)
BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
SUMS = "predictions judged correct answered accepted confident confidence amount"
COLUMNS = ", ".join(["kind", "key", *SUMS.split()])
# One range of days at a time: the planner would join several with the whole table.
STORED = f"""
SELECT {COLUMNS} FROM tickets_triagecount
WHERE zone = %s AND span = %s AND kind = ANY (%s) AND first_day >= %s AND first_day < %s
"""  # noqa: S608  # nosec B608  # constants
COUNTED = f"SELECT {COLUMNS} FROM tickets_triage_rows(%s, %s, %s)"  # noqa: S608  # nosec B608  # constants
KINDS = ["source", "bin", "confusion", "latency", "coverage"]  # "day" is stored for days only
# The first day of the step that a day is in, in place of the day.
STEP = """CASE WHEN kind = 'day' THEN ARRAY[
    (%s::date[])[greatest(width_bucket(key[1]::date, %s::date[]), 1)]::text, key[2], key[3]
] ELSE key END"""
# All time has thousands of days, so they are summed up before anything else is done with them.
STORED_STEPS = """
SELECT 'day' AS kind, ARRAY[day::text, field, source] AS key, 0 AS predictions, judged, correct,
    0 AS answered, 0 AS accepted, 0 AS confident, 0 AS confidence, 0 AS amount
FROM (
    SELECT min(first_day) AS day, key[2] AS field, key[3] AS source, sum(judged) AS judged,
        sum(correct) AS correct
    FROM tickets_triagecount
    WHERE zone = %s AND span = 1 AND kind = 'day' AND first_day >= %s AND first_day < %s
    GROUP BY width_bucket(first_day, %s::date[]), key[2], key[3]
) days
"""


class _Sums(NamedTuple):
    predictions: int
    judged: int
    correct: int
    answered: int
    accepted: int
    confident: int  # those that state a confidence
    confidence: float  # its sum; in a bin, of judged predictions
    amount: float  # dollars; of a latency, milliseconds


def _sum(name: str) -> str:
    """Return a sum as a type that Python reads fast: sums of bigint are numeric."""
    return f"sum({name})::{'float8' if name in ('confidence', 'amount') else 'bigint'}"


REPORT = f"""
SELECT kind, {{key}}, {", ".join(map(_sum, _Sums._fields))}
FROM ({{parts}}) part GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  # nosec B608  # constants
NOTHING = _Sums(0, 0, 0, 0, 0, 0, 0.0, 0.0)
Rows = dict[str, dict[tuple[str, ...], _Sums]]  # kind -> key -> sums


@dataclass(frozen=True, slots=True)
class Parts:
    """A period as days that are counted, and the time before and after them that is not."""

    first: date
    after: date
    sinces: list[datetime]
    untils: list[datetime]

    @classmethod
    def of(cls, since: datetime | None, until: datetime | None, zone: tzinfo) -> Parts:
        """Split the period from `since` to `until`. None means no bound."""
        start, end = since or BEGINNING, until or END
        first, after = date.min, timezone.now().astimezone(zone).date() + timedelta(days=1)
        if since is not None:
            first = since.astimezone(zone).date()
            if midnight(first, zone) < since:
                first += timedelta(days=1)
        if until is not None:
            after = min(after, until.astimezone(zone).date())
        if first >= after:
            return cls(date.min, date.min, [start], [end])
        edges = [(start, midnight(first, zone))] if since is not None else []
        if until is not None:
            edges.append((midnight(after, zone), end))
        edges = [(begin, finish) for begin, finish in edges if begin < finish]
        return cls(first, after, [one for one, _ in edges], [other for _, other in edges])

    def ranges(self) -> list[tuple[int, date, date]]:
        """Return the spans that make up the counted days: length, first day, day after."""
        ranges = _ranges(self.first.toordinal() - 1, self.after.toordinal() - 1, SPANS)
        return [(span, _day(start), _day(end)) for span, start, end in ranges if start < end]


def _ranges(left: int, right: int, spans: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return the spans between two days: the longest in the middle, shorter ones beside them."""
    span, *longer = spans
    if longer:
        start, end = -(-left // longer[0]) * longer[0], right // longer[0] * longer[0]
        if start < end:
            return [(span, left, start), *_ranges(start, end, longer), (span, end, right)]
    return [(span, left, right)]


def _day(ordinal: int) -> date:
    return date.fromordinal(ordinal + 1)


class TriageCountQuerySet(models.QuerySet[CountT]):
    def report(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        zone: tzinfo = UTC,
        steps: Sequence[date] = (),
    ) -> TriageFigures:
        """Return how accurate triage was, by days in the zone. Two queries.

        With `steps`, first days of weeks or months for example, `per_day` has one entry for each
        of them instead of each day.

        Whole days are as of the last minute. Shares are 0..1, or None without data; costs are
        estimated US dollars. The shadow's predictions appear in `sources` only. A prediction is
        judged once an agent has decided, and correct if the agent decided the same.
        """
        parts = Parts.of(since, until, zone)
        if not _is_counted(zone):
            parts = Parts(date.min, date.min, [since or BEGINNING], [until or END])
        rows = _rows(parts, zone, steps)
        calibration = _calibration(rows["bin"])
        coverage = rows["coverage"].get((), NOTHING)
        return {
            "fields": {
                name: _field(name, rows["bin"], calibration[name]) for name in PredictedField.values
            },
            "sources": _sources(rows),
            "confusion": _confusion(rows["confusion"]),
            "calibration": calibration,
            "per_day": [_per_day(key, sums) for key, sums in rows["day"].items()],
            "cost_usd": round(sum(sums.amount for sums in rows["source"].values()), 6),
            "coverage": _share(coverage.judged, coverage.predictions),
        }


def _is_counted(zone: tzinfo) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_triagezone WHERE zone = %s", [str(zone)])
        return bool(cursor.fetchone()[0])


def _rows(parts: Parts, zone: tzinfo, steps: Sequence[date]) -> Rows:
    queries: list[tuple[str, list[Any]]] = [
        (STORED, [str(zone), span, KINDS, first, after]) for span, first, after in parts.ranges()
    ]
    if steps:
        queries.append((STORED_STEPS, [str(zone), parts.first, parts.after, list(steps)]))
    else:
        queries.append((STORED, [str(zone), 1, ["day"], parts.first, parts.after]))
    for since, until in zip(parts.sinces, parts.untils, strict=True):
        queries.append((COUNTED, [since, until, str(zone)]))
    parts_sql = " UNION ALL ".join(query for query, _ in queries)
    statement = REPORT.format(key=STEP if steps else "key", parts=parts_sql)
    values = [list(steps)] * 2 if steps else []
    rows: Rows = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *chain.from_iterable(each for _, each in queries)])
        for kind, key, *sums in cursor.fetchall():
            rows[kind][tuple(key)] = _Sums(*sums)
    return rows


def _field(
    name: str, bins: Mapping[tuple[str, ...], _Sums], calibration: Iterable[CalibrationBin]
) -> FieldFigures:
    rows = {key[1]: sums for key, sums in bins.items() if key[0] == name}
    confident = [sums for number, sums in rows.items() if number >= str(FIRST_CONFIDENT_BIN)]
    predictions = sum(sums.predictions for sums in rows.values())
    judged = sum(sums.judged for sums in rows.values())
    correct = sum(sums.correct for sums in rows.values())
    return {
        "predictions": predictions,
        "judged": judged,
        "correct": correct,
        "accuracy": _share(correct, judged),
        "acceptance": _share(
            sum(sums.accepted for sums in rows.values()),
            sum(sums.answered for sums in rows.values()),
        ),
        "coverage_at_0_8": _share(sum(sums.predictions for sums in confident), predictions),
        "accuracy_at_0_8": _share(
            sum(sums.correct for sums in confident), sum(sums.judged for sums in confident)
        ),
        "ece": _calibration_error(calibration),
    }


def _sources(rows: Rows) -> list[SourceFigures]:
    latencies: dict[tuple[str, ...], list[_Sums]] = defaultdict(list)
    for key, sums in sorted(rows["latency"].items(), key=lambda row: int(row[0][-1])):
        latencies[key[:-1]].append(sums)
    by_count = sorted(rows["source"].items(), key=lambda row: (row[0][0], -row[1].predictions))
    return [_source(key, sums, latencies[key]) for key, sums in by_count]


def _source(key: Sequence[str], sums: _Sums, latencies: Sequence[_Sums]) -> SourceFigures:
    field, source, provider, model, prompt_version, use = key
    mean = sums.confidence / sums.confident if sums.confident else None
    return {
        "field": field,
        "source": source,
        "provider": provider,
        "model": model,
        "prompt_version": prompt_version,
        "use": use,
        "predictions": sums.predictions,
        "judged": sums.judged,
        "correct": sums.correct,
        "accuracy": _share(sums.correct, sums.judged),
        "shown": sums.answered,
        "accepted": sums.accepted,
        "acceptance": _share(sums.accepted, sums.answered),
        "mean_confidence": _rounded(mean),
        "latency_ms": {"p50": _quantile(latencies, 0.5), "p95": _quantile(latencies, 0.95)},
        "cost_usd": round(sums.amount, 6),
    }


def _quantile(buckets: Sequence[_Sums], share: float) -> int:
    """Return a quantile in milliseconds: the mean of a bucket stands for what is in it."""
    position = share * (sum(bucket.predictions for bucket in buckets) - 1)
    low, high = (_value_at(buckets, index) for index in (int(position), -int(-position // 1)))
    return round(low + (high - low) * (position % 1))


def _value_at(buckets: Sequence[_Sums], index: int) -> float:
    passed = 0
    for bucket in buckets:
        passed += bucket.predictions
        if index < passed:
            break
    return bucket.amount / bucket.predictions


def _confusion(rows: Mapping[tuple[str, ...], _Sums]) -> dict[str, dict[str, dict[str, int]]]:
    table: dict[str, dict[str, dict[str, int]]] = {name: {} for name in LearnedField.values}
    for (field, value, final), sums in rows.items():
        table[field].setdefault(value, {})[final] = sums.judged
    return table


def _calibration(rows: Mapping[tuple[str, ...], _Sums]) -> dict[str, list[CalibrationBin]]:
    return {
        name: [_bin(number, rows.get((name, str(number)), NOTHING)) for number in range(BINS)]
        for name in PredictedField.values
    }


def _bin(number: int, sums: _Sums) -> CalibrationBin:
    return {
        "from": number / BINS,
        "to": (number + 1) / BINS,
        "predictions": sums.predictions,
        "judged": sums.judged,
        "accuracy": _share(sums.correct, sums.judged),
        "mean_confidence": _rounded(sums.confidence / sums.judged if sums.judged else None),
    }


def _per_day(key: Sequence[str], sums: _Sums) -> DayFigures:
    day, field, source = key
    return {
        "date": day,
        "field": field,
        "source": source,
        "judged": sums.judged,
        "correct": sums.correct,
    }


def _calibration_error(bins: Iterable[CalibrationBin]) -> float | None:
    """Return the mean gap between confidence and accuracy, weighted by the bins' sizes."""
    total, weighted = 0, 0.0
    for entry in bins:
        accuracy, confidence = entry["accuracy"], entry["mean_confidence"]
        if accuracy is not None and confidence is not None:  # both are None in an empty bin
            total += entry["judged"]
            weighted += entry["judged"] * abs(accuracy - confidence)
    return _rounded(weighted / total) if total else None


def _share(part: int, whole: int) -> float | None:
    return round(float(part / whole), 4) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
