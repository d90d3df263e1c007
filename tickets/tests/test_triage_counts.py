"""The triage report is the same whether its days are counted or not."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction, TriageChange, TriageCount, TriageZone
from tickets.querysets.triage_counts import Parts
from tickets.services.triage.report import count_changed_days, count_triage
from tickets.tests.factories import PredictionFactory, TicketFactory
from tickets.tests.worker import work
from tickets.vocabulary import Category, PredictionUse

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def assert_right(zone=UTC):
    """Compare reports of counted days with reports of predictions, over many periods."""
    moments = [
        *(None, NOW - timedelta(days=400), NOW - timedelta(days=40, hours=3)),
        *(NOW - timedelta(days=2), NOW.replace(hour=0, minute=0), NOW - timedelta(minutes=5)),
    ]
    periods = [(since, until) for since in moments for until in moments]
    counted = [TriageCount.objects.report(*period, zone) for period in periods]
    zones = list(TriageZone.objects.all())
    assert str(zone) in [row.zone for row in zones]
    TriageZone.objects.all().delete()
    for period, report in zip(periods, counted, strict=True):
        assert report == approximately(TriageCount.objects.report(*period, zone)), period
    TriageZone.objects.bulk_create(zones)


def approximately(report):
    """Sums of numbers with a point depend on their order."""
    return report | {
        "sources": [
            row | {"cost_usd": pytest.approx(row["cost_usd"])} for row in report["sources"]
        ],
        "cost_usd": pytest.approx(report["cost_usd"]),
    }


def random_prediction(rng):
    ago = timedelta(days=rng.choice([0, 0, 1, 2, 15, 39, 41, 300, 800]), hours=rng.randrange(12))
    made = NOW - ago
    ticket = TicketFactory(created_at=made - timedelta(days=rng.choice([0, 0, 1])))
    return PredictionFactory(
        created_at=made,
        ticket=rng.choice([ticket, ticket, None]),
        field=rng.choice(["category", "priority", "sentiment"]),
        value=rng.choice(Category.values),
        final_value=rng.choice(["", *Category.values]),
        confidence=rng.choice([None, 0.0, 0.25, 0.5, 0.75, 0.875, 1.0]),
        accepted=rng.choice([None, True, False]),
        use=rng.choice(PredictionUse.values),
        model=rng.choice(["lexicon", "small"]),
        latency_ms=rng.choice([0, 0, 3, 40, 900]),
        cost_usd=rng.choice([0, 0.5]),
    )


def some(rng, rows):
    ids = list(rows.values_list("pk", flat=True))
    return rows.filter(pk__in=rng.sample(ids, min(len(ids), 3)))


CHANGES = [
    random_prediction,
    lambda rng: some(rng, Prediction.objects).update(final_value="billing"),
    lambda rng: some(rng, Prediction.objects).update(accepted=rng.choice([True, False])),
    lambda rng: some(rng, Prediction.objects).delete(),
    lambda rng: some(rng, Ticket.with_merged).update(spam=rng.choice([True, False])),
    lambda rng: some(rng, Ticket.with_merged).delete(),
    lambda rng: some(rng, Ticket.objects).update(merged_into=TicketFactory(created_at=NOW)),
    lambda rng: some(rng, Prediction.objects.filter(ticket=None)).update(
        ticket=TicketFactory(created_at=NOW - timedelta(days=3))
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_the_counted_report_is_right_after_whatever_happens(seed):
    rng = random.Random(seed)
    for _ in range(25):
        random_prediction(rng)
    count_changed_days()
    assert_right()
    for _ in range(2):
        for _ in range(10):
            rng.choice(CHANGES)(rng)
        count_changed_days()
        assert not TriageChange.objects.exists()
        assert_right()


@pytest.mark.django_db
def test_days_are_those_of_the_zone(settings):
    settings.TIME_ZONE = "Asia/Kathmandu"  # 5:45 ahead
    zone = ZoneInfo(settings.TIME_ZONE)
    for hour in (17, 18, 19):  # midnight there is 18:15
        PredictionFactory(
            ticket=TicketFactory(created_at=NOW),
            created_at=datetime(2026, 11, 10, hour, tzinfo=UTC),
            final_value="billing",
        )
    count_changed_days()
    assert_right(zone)
    assert_right()
    days = {row["date"]: row["judged"] for row in TriageCount.objects.report(zone=zone)["per_day"]}
    assert days == {"2026-11-10": 2, "2026-11-11": 1}
    Prediction.objects.update(final_value="account")
    count_changed_days()
    assert_right(zone)
    settings.TIME_ZONE = "UTC"
    count_changed_days()
    assert set(TriageCount.objects.values_list("zone", flat=True)) == {"UTC"}


@pytest.mark.django_db
def test_a_day_that_did_not_change_is_not_counted_again():
    row = PredictionFactory(ticket=TicketFactory(created_at=NOW), created_at=NOW)
    count_changed_days()
    Prediction.objects.update(evidence=[], like_ticket=1)
    row.ticket.title = "Other"
    row.ticket.save()
    assert not TriageChange.objects.exists()


@pytest.mark.django_db
def test_without_counts_the_report_counts():
    PredictionFactory()
    assert not TriageZone.objects.exists()
    assert TriageCount.objects.report()["fields"]["category"]["predictions"] == 1


@pytest.mark.django_db
def test_a_counted_report_reads_no_predictions(django_assert_num_queries):
    for ago in (3, 30, 300):
        PredictionFactory(created_at=timezone.now() - timedelta(days=ago))
    count_changed_days()
    before = reads()
    with django_assert_num_queries(2):
        report = TriageCount.objects.report()
    assert report["fields"]["category"]["predictions"] == 3
    assert reads() == before


def reads():
    """Return how often this transaction has looked into the predictions and the tickets."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('tickets_prediction', 'tickets_ticket')"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_the_worker_counts():
    PredictionFactory(created_at=timezone.now())
    count_triage.defer(timestamp=0)
    work()
    assert not TriageChange.objects.exists()
    assert TriageCount.objects.exists()


@pytest.mark.parametrize("seed", range(50))
def test_the_parts_of_a_period_are_all_of_it_and_few(seed):
    rng = random.Random(seed)
    start = datetime(2021, 1, 1, tzinfo=UTC)
    since, until = sorted(start + timedelta(minutes=rng.randrange(3_000_000)) for _ in range(2))
    parts = Parts.of(since, until, UTC)
    days = [
        first + timedelta(days=number)
        for span, first, after in parts.ranges()
        for number in range(0, (after - first).days, span)
    ]
    assert len(days) <= 2 * 15 + 2 * 15 + 8
    covered = sum((after - first for _, first, after in parts.ranges()), timedelta())
    remaining = sum(
        (end - begin for begin, end in zip(parts.sinces, parts.untils, strict=True)), timedelta()
    )
    assert covered + remaining == until - since
    assert remaining < timedelta(days=2)
    for span, first, _ in parts.ranges():
        assert (first - date.min).days % span == 0
