"""JSON that PostgreSQL writes, compared with what Django reads and Python writes."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import get_type_hints

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tickets.api import serializers
from tickets.api.shapes import TicketJson
from tickets.exceptions import NotFound
from tickets.forms.fields import clean_data
from tickets.forms.lists import PageForm
from tickets.models.ticket import Ticket
from tickets.models.workplace import AgentProfile, TicketRead
from tickets.querysets.search.grammar import has_words
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import (
    Category,
    Priority,
    Sentiment,
    Sort,
    Source,
    Status,
    WaitingFor,
)

pytestmark = pytest.mark.django_db
on_one_database = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
visible = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=60
).map(lambda text: f"a{text}")
moments = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))
times = moments | moments.map(lambda moment: moment.replace(microsecond=0))
shares = st.none() | st.floats(0, 1)
stored_tickets = st.fixed_dictionaries(
    {
        "title": visible,
        "description": visible | visible.map(lambda text: f'{text}\n"\\/\t\u2028\U0001f600'),
        "category": st.sampled_from(Category.values),
        "priority": st.sampled_from(Priority.values),
        "status": st.sampled_from(Status.values),
        "sentiment": st.sampled_from(Sentiment.values),
        "urgency_score": st.integers(0, 100),
        "category_source": st.sampled_from(Source.values),
        "category_confidence": shares,
        "priority_source": st.sampled_from(Source.values),
        "priority_confidence": shares,
        "sentiment_source": st.sampled_from(Source.values),
        "sentiment_confidence": shares,
        "requester_email": st.sampled_from(["", "ada@example.org", "żółć@example.org"]),
        "version": st.integers(1, 2**31 - 1),
        "created_at": times,
        "updated_at": times,
        "last_activity_at": times,
        "waiting_since": st.none() | times,
        "snoozed_until": st.none() | times,
        "spam": st.booleans(),
    }
)


@contextmanager
def nothing_stays():
    """Undo what one example stores."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def in_python(ticket, user):
    """Return the oracle: a row that Django has read, as Python writes it."""
    return serializers.ticket(ticket, unread=ticket.is_unread_by(user))


@on_one_database
@given(
    values=stored_tickets,
    is_assigned=st.booleans(),
    is_merged=st.booleans(),
    read_at=st.none() | times,
    has_account=st.booleans(),
)
def test_postgresql_writes_what_python_would(values, is_assigned, is_merged, read_at, has_account):
    with nothing_stays():
        agent = AgentFactory()
        into = TicketFactory() if is_merged else None
        stored = TicketFactory(**values, assignee=agent if is_assigned else None, merged_into=into)
        if read_at:
            TicketRead.objects.create(ticket=stored, account=agent, read_at=read_at)
        reader = agent if has_account else None
        rendered = Ticket.with_merged.find_rendered(stored.pk, reader)
        ticket = Ticket.with_merged.get(pk=stored.pk)
        answer = json.loads(rendered.json)
        expected = in_python(ticket, reader)
        if is_merged:  # `is_unread_by` asks about tickets that stand
            expected["unread"] = answer["unread"]
        assert answer == expected
        assert list(answer) == list(expected)
        assert rendered.version == ticket.version


def test_its_keys_are_those_of_the_published_shape(ticket):
    answer = json.loads(Ticket.with_merged.find_rendered(ticket.pk, None).json)
    assert set(answer) == set(get_type_hints(TicketJson))


def test_an_unknown_number_is_not_found(db):
    with pytest.raises(NotFound):
        Ticket.with_merged.find_rendered(2**62, None)


# --- lists: a statement is compiled once for all filters of a shape ---

START = datetime(2026, 1, 1, tzinfo=UTC)
flags = st.sampled_from(["", "true", "false"])


def some_of(values):
    return st.lists(st.sampled_from(values), max_size=2).map(",".join)


queries = st.fixed_dictionaries(
    {},
    optional={
        "category": some_of(Category.values),
        "priority": some_of(Priority.values),
        "status": some_of(Status.values),
        "assignee": some_of(["none", "grace", "me", "ada"]),
        "waiting_for": some_of(WaitingFor.values),
        "created_after": st.sampled_from(["", "2026-01-02", "2026-01-03T05:00:00Z"]),
        "created_before": st.sampled_from(["", "2026-01-04", "2026-01-02T12:00:00Z"]),
        "needs_review": flags,
        "snoozed": flags,
        "unread": flags,
        "spam": flags,
        "search": st.sampled_from(
            ["", "", "smoke", "printer", "nothing", "printer -status:open", "is:unassigned"]
        ),
        "sort": st.sampled_from(Sort.values),
        "limit": st.integers(1, 4).map(str),
    },
)


@pytest.fixture
def desk(db):
    """Forty tickets that filters tell apart, and an account that has read some."""
    ada, grace = AgentFactory(username="ada"), AgentFactory(username="grace")
    for n in range(40):
        ticket = TicketFactory(
            category=Category.values[n % 3],
            priority=Priority.values[n // 2 % 4],
            status=Status.values[n % 4],
            urgency_score=n % 5,
            category_confidence=n / 40,
            category_source=Source.values[n % 4],
            assignee=(None, ada, grace)[n % 3],
            created_at=START + timedelta(hours=n // 2 * 3),
            snoozed_until=(None, START, datetime(3000, 1, 1, tzinfo=UTC))[n // 3 % 3],
            spam=n % 7 == 6,
        )
        if n % 5 == 0:
            TicketRead.objects.create(ticket=ticket, account=ada, read_at=ticket.created_at)
    AgentProfile.objects.create(user=ada, unread_from=START + timedelta(hours=20))
    return ada


@on_one_database
@given(query=queries, has_account=st.booleans(), steps=st.lists(st.booleans(), max_size=4))
def test_a_list_has_the_rows_and_pages_that_django_reads(desk, query, has_account, steps):
    me = desk if has_account else None
    if me is None:
        query = {**query, "assignee": query.get("assignee", "").replace("me", "none")}
    elif "search" in query:
        query = {**query, "search": f"{query['search']} -assignee:me"}
    if not has_words(query.get("search", "")) and query.get("sort") == Sort.RELEVANCE:
        query = {**query, "sort": Sort.NEWEST}
    filters = clean_data(PageForm(query, me=me))
    for is_back in [*steps, False]:
        page = Ticket.objects.rendered_page(filters, me)
        rows = Ticket.objects.filtered(filters).with_people()
        expected = rows.page(filters["limit"], filters["cursor"], filters["sort"])
        written = [in_python(row, me) for row in expected.rows]
        assert [json.loads(row.json) for row in page.rows] == written
        # Cursors are signed with the time, so only what they name is compared.
        assert [each.split(":")[0] for each in (page.older, page.newer)] == [
            each.split(":")[0] for each in (expected.older, expected.newer)
        ]
        cursor = page.newer if is_back else page.older
        if not cursor:
            return
        filters = {**filters, "cursor": cursor}


def test_a_search_of_what_nobody_can_have_finds_nothing(desk):
    """Without an account nothing is unread."""
    filters = clean_data(PageForm({"search": "printer", "unread": "true"}))
    assert Ticket.objects.rendered_page(filters, None).rows == []
    assert Ticket.objects.filtered(filters).page(5).rows == []
