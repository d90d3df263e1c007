"""The counts that the database keeps are those that counting finds."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from itertools import product

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import F, Q
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tickets.access.actors import SYSTEM
from tickets.models.counts import (
    CountChange,
    CountedZone,
    PeriodCount,
    PeriodDuration,
    TicketCount,
)
from tickets.models.ticket import Ticket
from tickets.querysets import counts
from tickets.querysets.statistics import midnight
from tickets.services.counts import check_counts, fold_counts, recount
from tickets.services.editing import lock_relations
from tickets.services.merging import merge_tickets, unmerge_ticket
from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory
from tickets.tests.worker import work
from tickets.vocabulary import FINISHED_STATUSES, Category, Priority, Sentiment, Status

VALUES = {
    "status": Status.values,
    "category": Category.values,
    "priority": Priority.values,
    "sentiment": Sentiment.values,
}
FIRST_DAYS = (None, 0, 6, 29, 89)  # days ago


@pytest.fixture
def ticket(db):
    return TicketFactory()


@pytest.fixture
def agents(db):
    return [AgentFactory() for _ in range(3)]


def single_filters():
    """Yield no filter, each filter with one value, and each with several."""
    yield {}
    names = [*AgentNames.read(), "none"]
    for name, values in [*VALUES.items(), ("assignee", names)]:
        for value in values:
            yield {name: [value]}
        yield {name: list(values[:2])}


class AgentNames:
    @staticmethod
    def read():
        with connection.cursor() as cursor:
            cursor.execute("SELECT username FROM auth_user ORDER BY id")
            return [name for (name,) in cursor.fetchall()]


def assert_right():
    """Compare every figure that is kept with what counting finds."""
    for filters in single_filters():
        assert counts.stats(filters) == Ticket.objects.filtered(filters).stats(), filters
    for category, priority in product([[], ["billing"]], [[], ["low", "high"]]):
        for assignee in ([], ["none"], AgentNames.read()[:1]):
            filters = {"category": category, "priority": priority, "assignee": assignee}
            assert counts.by_status(filters) == Ticket.objects.filtered(filters).counts_by_status()
    for ago in FIRST_DAYS:
        assert_same_overview(ago)


def assert_same_overview(ago):
    first = None if ago is None else timezone.now().date() - timedelta(days=ago)
    matching = Ticket.objects.all()
    if first:
        matching = matching.filter(created_at__gte=midnight(first, UTC))
    stored, counted = counts.overview(first, UTC), matching.overview(UTC)
    assert stored.breakdowns == counted.breakdowns
    assert stored.per_day == counted.per_day
    for event in ("first_response", "resolved"):
        one, other = getattr(stored, event), getattr(counted, event)
        assert (one.count, one.waiting, one.never) == (other.count, other.waiting, other.never)
        for name in ("median", "ninetieth"):
            a, b = getattr(one, name), getattr(other, name)
            assert (a is None) == (b is None)
            assert a is None or abs(a - b) <= 0.045 * b + timedelta(seconds=1)


def random_ticket(rng, accounts):
    status = rng.choice(Status.values)
    created_at = timezone.now() - timedelta(days=rng.choice([0, 1, 5, 6, 7, 29, 30, 89, 90, 500]))
    created_at -= timedelta(seconds=rng.randrange(3600))
    response = timedelta(seconds=rng.choice([0, 5, 60, 4000, 90_000, 1_000_000]))
    return TicketFactory(
        status=status,
        created_at=created_at,
        waiting_since=created_at if status == "open" and rng.random() < 0.7 else None,
        first_response_at=created_at + response if rng.random() < 0.6 else None,
        resolved_at=created_at + 3 * response if status in FINISHED_STATUSES else None,
        assignee=rng.choice([None, *accounts]),
        urgency_score=rng.randrange(101),
        **{name: rng.choice(VALUES[name]) for name in ("category", "priority", "sentiment")},
    )


def some(rng):
    ids = list(Ticket.with_merged.values_list("pk", flat=True))
    return Ticket.with_merged.filter(pk__in=rng.sample(ids, min(len(ids), rng.randrange(1, 5))))


def change_value(rng, accounts):
    name = rng.choice([*VALUES, "assignee"])
    values = [None, *accounts] if name == "assignee" else VALUES[name]
    some(rng).update(**{name: rng.choice(values)})


CHANGES = {
    "create": random_ticket,
    "values": change_value,
    "title": lambda rng, _: some(rng).update(title="Other"),
    "urgency": lambda rng, _: some(rng).update(urgency_score=rng.randrange(101)),
    "answer": lambda rng, _: some(rng).update(
        waiting_since=None, first_response_at=F("created_at") + timedelta(seconds=77)
    ),
    "spam": lambda rng, _: some(rng).update(spam=True, waiting_since=None),
    "no spam": lambda rng, _: some(rng).update(spam=False),
    "merge": lambda rng, _: some(rng).update(
        merged_into=TicketFactory(), status="closed", waiting_since=None
    ),
    "unmerge": lambda rng, _: some(rng).update(merged_into=None),
    "delete": lambda rng, _: some(rng).delete(),
    "fold": lambda *_: CountChange.objects.fold(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_the_counts_are_right_after_whatever_happens(agents, seed):
    rng = random.Random(seed)
    for _ in range(12):
        random_ticket(rng, agents)
    for _ in range(3):
        for _ in range(10):
            CHANGES[rng.choice(list(CHANGES))](rng, agents)
        assert_right()
    CountChange.objects.fold()
    assert not CountChange.objects.exists()
    assert_right()
    assert recount() == 0


@pytest.mark.django_db
def test_what_changes_no_count_is_not_noted(ticket):
    CountChange.objects.fold()
    ticket.title = "Other"
    ticket.save()
    Ticket.objects.update(description="Another text")
    assert not CountChange.objects.exists()


def take_chance_out():
    """Let the trigger's dice, of which few fold what was stored, fall the same way each time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")


@pytest.mark.django_db
def test_a_change_back_and_forth_needs_two_rows_for_each_way(ticket):
    CountChange.objects.fold()
    take_chance_out()
    Ticket.objects.update(status="closed")
    Ticket.objects.update(status="open")
    assert sorted(CountChange.objects.values_list("status", "tickets")) == [
        *[("closed", -1), ("closed", 1), ("open", -1), ("open", 1)]
    ]
    assert_right()


@pytest.mark.django_db
def test_a_large_change_is_folded_at_once():
    TicketFactory.create_batch(3)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_ticket (title, description, created_at, updated_at, link_nonce)"
            " SELECT 'a', 'b', now(), now(), '' FROM generate_series(1, 500)"
        )
    assert not CountChange.objects.exists()
    assert_right()


@pytest.mark.django_db
def test_what_was_rolled_back_was_never_counted():
    with transaction.atomic():
        TicketFactory()
        transaction.set_rollback(True)
    assert counts.stats({})["total_tickets"] == 0
    assert not CountChange.objects.exists()


@pytest.mark.django_db
def test_a_merged_ticket_and_spam_leave_the_counts(agents):
    target, source, advertisement = TicketFactory.create_batch(3)
    merge_tickets(source.pk, target.pk, SYSTEM, same_requester=True)
    Ticket.objects.filter(pk=advertisement.pk).update(spam=True)
    assert counts.stats({})["total_tickets"] == 1
    unmerge_ticket(source.pk, SYSTEM)
    assert counts.stats({})["total_tickets"] == 2
    assert_right()


# --- before they are counted, and when they are wrong ---------------------------------------


@pytest.fixture
def uncounted(db):
    CountedZone.objects.all().delete()
    for model in (TicketCount, PeriodCount, PeriodDuration, CountChange):
        model.objects.all().delete()


@pytest.mark.django_db
def test_tickets_that_were_there_before_are_counted_by_a_job(uncounted):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    TicketFactory.create_batch(3, category="billing")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
    TicketFactory(category="billing")  # while nothing is counted yet
    assert counts.stats({}) is counts.by_status({}) is counts.overview(None, UTC) is None
    assert Ticket.objects.statistics({"category": ["billing"]})["total_tickets"] == 4
    assert Ticket.objects.by_status({}, 3).is_limited
    assert Ticket.objects.since(None, UTC).breakdowns.total == 4
    fold_counts(0)
    assert_right()
    assert not CountChange.objects.exists()
    assert CountedZone.objects.filter(mended_at=None).exists()


@pytest.mark.django_db
def test_nothing_is_folded_before_it_is_counted(uncounted, ticket):
    assert CountChange.objects.fold() == 0
    assert CountChange.objects.count() == 1


@pytest.mark.django_db
def test_another_zone_is_counted_by_the_job(settings):
    created_at = timezone.now().replace(hour=23, minute=0) - timedelta(days=3)
    TicketFactory(created_at=created_at)
    settings.TIME_ZONE = "Asia/Kathmandu"
    zone = timezone.get_current_timezone()
    assert counts.overview(None, zone) is None
    assert Ticket.objects.since(None, zone).breakdowns.total == 1
    fold_counts(0)
    day = created_at.date() + timedelta(days=1)
    assert counts.overview(None, zone) == Ticket.objects.overview(zone)
    assert counts.overview(None, zone).per_day == {day: 1}
    assert_right()
    settings.TIME_ZONE = "UTC"
    fold_counts(1)
    assert set(PeriodCount.objects.values_list("zone", flat=True)) == {"UTC"}
    assert_right()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [TicketCount, PeriodCount, PeriodDuration, CountChange])
def test_wrong_counts_are_mended_and_an_admin_hears_of_it(model, caplog, capsys):
    at = timezone.now() - timedelta(hours=2)
    TicketFactory(created_at=at, first_response_at=timezone.now())
    if model is not CountChange:
        CountChange.objects.fold()
    model.objects.update(tickets=F("tickets") + 1)
    admin = Client()
    admin.force_login(AdminFactory(is_staff=True))
    assert "counts of tickets were wrong" not in admin.get("/admin/").content.decode()
    check_counts(0)
    assert "counts of tickets were wrong" in caplog.text
    assert_right()
    page = admin.get("/admin/").content.decode()
    assert "counts of tickets were wrong" in page
    call_command("recount")
    assert capsys.readouterr().out == "The counts are right.\n"


@pytest.mark.django_db
def test_emptying_the_table_of_tickets_empties_the_counts(ticket):
    CountChange.objects.fold()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE tickets_ticket CASCADE")
    assert counts.stats({})["total_tickets"] == 0
    assert recount() == 0


# --- while others write -----------------------------------------------------------------------


WRITERS, ROUNDS = 16, 25


@pytest.mark.django_db(transaction=True)
def test_every_reader_is_right_while_sixteen_write():
    accounts = [AgentFactory() for _ in range(3)]
    rng = random.Random(1)
    for _ in range(40):
        random_ticket(rng, accounts)
    with ThreadPoolExecutor(WRITERS + 3) as pool:
        writers = [pool.submit(write, seed, accounts) for seed in range(WRITERS)]
        readers = [pool.submit(read_until, writers) for _ in range(2)]
        folder = pool.submit(fold_until, writers)
        outcomes = sum((Counter(writer.result()) for writer in writers), Counter())
        checked = [reader.result() for reader in readers]
        folded = folder.result()
    assert outcomes == {"written": WRITERS * ROUNDS}
    assert min(checked) > 0
    assert folded > 0
    assert_right()
    assert recount() == 0


def connect():
    """Give this thread a connection of its own, as the pool has fewer than there are threads."""
    settings = connection.settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    connection.settings_dict = {**settings, "OPTIONS": options}


def write(seed, accounts):
    """Do everything that moves counts, each in a transaction of its own."""
    connect()
    rng, outcomes = random.Random(seed), Counter()
    try:
        for _ in range(ROUNDS):
            name = rng.choice(list(CHANGES.keys() - {"fold"}))
            with transaction.atomic():
                # As the desk locks them: relations first, and tickets in the order of their ids.
                if name in ("merge", "unmerge", "delete"):
                    lock_relations()
                ids = list(some(rng).values_list("pk", flat=True))
                targets = Ticket.with_merged.filter(pk__in=ids).values("merged_into")
                locked = Ticket.with_merged.filter(Q(pk__in=ids) | Q(pk__in=targets))
                list(locked.order_by("pk").select_for_update().values_list("pk", flat=True))
                change(name, rng, accounts, Ticket.with_merged.filter(pk__in=ids))
            outcomes["written"] += 1
    finally:
        connections.close_all()
    return outcomes


def change(name, rng, accounts, chosen):
    if name == "create":
        random_ticket(rng, accounts)
    elif name == "values":
        field = rng.choice(list(VALUES))
        chosen.update(**{field: rng.choice(VALUES[field])}, assignee=rng.choice(accounts))
    elif name == "merge":
        chosen.update(merged_into=TicketFactory(), status="closed", waiting_since=None)
    elif name == "delete":
        ids = list(chosen.values_list("pk", flat=True))
        with connection.cursor() as cursor:  # Django would lock what is merged into them, too
            cursor.execute(DELETE, [ids])
    else:
        chosen.update(**UPDATES[name])


DELETE = """
DELETE FROM tickets_ticket ticket WHERE id = ANY (%s)
AND NOT EXISTS (SELECT FROM tickets_ticket WHERE merged_into_id = ticket.id)
"""
UPDATES = {
    "title": {"title": "Other"},
    "urgency": {"urgency_score": 99},
    "answer": {"waiting_since": None, "first_response_at": F("created_at") + timedelta(seconds=9)},
    "spam": {"spam": True, "waiting_since": None},
    "no spam": {"spam": False},
    "unmerge": {"merged_into": None},
}


def read_until(writers):
    """Compare with a real count in one snapshot, again and again. Return how often."""
    connect()
    checked = 0
    try:
        while checked == 0 or not all(writer.done() for writer in writers):
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                assert_right()
            checked += 1
    finally:
        connections.close_all()
    return checked


def fold_until(writers):
    connect()
    folded = 0
    try:
        while not folded or not all(writer.done() for writer in writers):
            folded += CountChange.objects.fold()
    finally:
        connections.close_all()
    return folded


@pytest.mark.django_db(transaction=True)
def test_counting_waits_for_no_writer_and_keeps_what_they_write(uncounted):
    TicketFactory()
    CountChange.objects.all().delete()  # it was there before the counts
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        TicketFactory()
        thread.submit(in_thread, recount).result(timeout=30)
        assert thread.submit(in_thread, counts.stats, {}).result()["total_tickets"] == 1
    assert counts.stats({})["total_tickets"] == 2
    assert_right()


def in_thread(function, *args):
    try:
        return function(*args)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_the_worker_folds():
    TicketFactory()
    fold_counts.defer(timestamp=0)
    work()
    assert not ProcrastinateJob.objects.exists()
    assert not CountChange.objects.exists()
    assert_right()
