"""The triage page: how accurate predictions were."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tickets.models.ticket import Ticket
from tickets.models.triage import Feedback, TriageCount, TriageModel
from tickets.pages import charts
from tickets.services.triage.assessment import encode_ticket
from tickets.tests.factories import AdminFactory, PredictionFactory, TicketFactory

from .conftest import signed_in

PAGE = "/dashboard/triage/"


@pytest.fixture
def admin(db):
    return signed_in(AdminFactory(is_staff=True, is_superuser=True))


def page_of(client, query=""):
    return client.get(PAGE + query).content.decode()


def judged(value="billing", final="billing", **values):
    return PredictionFactory(value=value, final_value=final, final_at=timezone.now(), **values)


def figures(page):
    rows = re.findall(r"<dt>([^<]+)</dt><dd>(?:<a[^>]*>)?([^<]+)<", page)
    return {name: value.strip() for name, value in rows}


def test_it_shows_how_often_triage_was_correct(agent):
    judged()
    judged()
    judged(final="account")
    accuracy = figures(page_of(agent))
    assert accuracy["Category correct"] == "67%"
    assert accuracy["Priority correct"] == "\N{EN DASH}"


def test_a_desk_without_predictions_says_so(agent):
    page = page_of(agent)
    assert page.count("No suggestions in this period.") == 2
    assert "Nothing yet." in page


def test_each_source_has_its_row(agent):
    judged(source="llm", provider="groq", model="m<b>")
    judged(use="shadow", final="account")
    PredictionFactory(source="default", provider="", model="")
    page = page_of(agent)
    assert "groq, m&lt;b&gt;" in page
    assert "recorded only" in page
    assert "Default" in page


def test_the_table_compares_predicted_and_final_values(agent):
    judged()
    judged("billing", "account")
    judged("billing", "account")
    table = re.search(r'<table class="confusion">.*?</table>', page_of(agent), re.S)[0]
    row = re.search(r'<th scope="row">Billing</th>(.*?)</tr>', table, re.S)[1]
    assert re.findall(r">(\d+)</td>", row) == ["1", "0", "2", "0"]


@pytest.mark.parametrize(
    ("query", "count"), [("", 2), ("?days=7", 1), ("?days=90", 3), ("?days=0", 4)]
)
def test_it_counts_the_chosen_period(agent, query, count):
    for days in (1, 20, 60, 300):
        judged(created_at=timezone.now() - timedelta(days=days))
    page = page_of(agent, query)
    assert f"of {count} reviewed</span>" in page


@pytest.mark.parametrize("days", ["8", "-1", "x", "1e3"])
def test_an_unknown_period_is_refused(agent, days):
    assert agent.get(f"{PAGE}?days={days}").status_code == 400


def test_it_links_to_the_review_queue_with_its_count(agent):
    to_review = TicketFactory(category_source="offline", category_confidence=0.3)
    TicketFactory(category_source="offline", category_confidence=0.3, status="closed")
    TicketFactory(category_source="human", priority_source="human")
    link, count = re.search(r'href="(/tickets/review/)">(\d+)<', page_of(agent)).groups()
    assert count == "1"
    assert f"#{to_review.pk}</a>" in agent.get(link).content.decode()


def test_a_long_review_queue_is_counted_up_to_a_thousand(agent):
    values = {"title": "x", "description": "x", "category_source": "offline"}
    rows = [Ticket(**values, category_confidence=0.3) for _ in range(1000)]
    Ticket.objects.bulk_create(rows)
    assert figures(page_of(agent))["Waiting for review"] == "1,000"
    TicketFactory(category_source="offline", category_confidence=0.3)
    assert figures(page_of(agent))["Waiting for review"] == "1,000+"


def test_it_shows_the_learned_models(agent):
    TriageModel.objects.create(
        field="category", version=7, feedback_count=120, prior_accuracy=0.78,
        learned_accuracy=0.864, leads=True,
    )  # fmt: skip
    page = page_of(agent)
    for text in (">120</td>", "78%", "86%", "Confirmed tickets</td>", ">never</td>"):
        assert text in page


def test_an_accuracy_needs_ten_items_of_feedback(agent, admin):
    model = TriageModel.objects.create(
        field="category", feedback_count=9, prior_accuracy=0.25, learned_accuracy=0.875
    )
    admin_page = "/admin/tickets/triagemodel/"
    assert "88%" not in page_of(agent) + admin.get(admin_page).content.decode()
    TriageModel.objects.filter(pk=model.pk).update(feedback_count=10)
    assert "88%" in page_of(agent)
    assert "88%" in admin.get(admin_page).content.decode()


def test_it_says_when_the_newest_feedback_was_learned(agent, admin):
    """Not when anything about the model changed."""
    TriageModel.objects.create(field="category", feedback_count=1)
    learned_at = timezone.now() - timedelta(hours=5, minutes=1)
    feedback = {"ticket": TicketFactory(), "field": "category", "value": "billing"}
    Feedback.objects.create(**feedback, corrected=True, learned_at=learned_at)
    assert "Last learned" in page_of(agent)
    assert ">5 h ago<" in page_of(agent)
    page = admin.get("/admin/tickets/triagemodel/").content.decode()
    assert "Last learned" in page
    assert f"{learned_at:%H:%M}" in page


@pytest.mark.parametrize("is_on", [True, False])
def test_it_names_what_answers_without_feedback(agent, settings, is_on):
    settings.TRIAGE_ENCODER = is_on
    TriageModel.objects.create(field="category")
    page = page_of(agent)
    assert ("Lexicon and encoder correct" in page) == is_on
    assert ("Lexicon and words correct" in page) == (not is_on)


def test_it_has_no_jargon_and_counts_what_senders_accepted(agent):
    for accepted in (True, True, False):
        judged(use="shown", accepted=accepted, model="lexicon-3+use-3")
    judged(use="shadow", model="learned-2")
    page = page_of(agent)
    assert '67%<span class="of">of 3 sent</span>' in page
    assert "67% of 3</td>" in page
    assert "Offline: lexicon and encoder" in page
    assert "Offline: confirmed tickets" in page
    assert "Average distance" not in page


def test_costs_are_shown_if_a_model_was_asked(agent):
    judged()
    assert "Cost" not in page_of(agent)
    assert "Estimated cost" not in page_of(agent)
    judged(source="llm", provider="groq", model="m", cost_usd=0.002)
    assert "$0.002" in page_of(agent)


def test_it_says_how_far_reading_older_tickets_has_come(agent):
    tickets = TicketFactory.create_batch(3)
    TicketFactory(spam=True)
    assert "0 of 3 tickets read" in page_of(agent)
    encode_ticket(tickets[0].pk, tickets[0].text_digest())
    assert "1 of 3 tickets read" in page_of(agent)
    for ticket in tickets[1:]:
        encode_ticket(ticket.pk, ticket.text_digest())
    assert "tickets read" not in page_of(agent)


def count_of_progress(agent):
    """Return how many statements of a page count what is read."""
    with CaptureQueriesContext(connection) as queries:
        page_of(agent)
    return len([query for query in queries if "wanted(status)" in query["sql"]])


def test_progress_is_counted_again_only_if_something_came(agent):
    ticket = TicketFactory()
    assert "0 of 1 tickets read" in page_of(agent)
    # Between two of these three pages no minute begins.
    assert any(not count_of_progress(agent) for _ in range(3))
    TicketFactory()
    assert "0 of 2 tickets read" in page_of(agent)
    encode_ticket(ticket.pk, ticket.text_digest())
    assert "1 of 2 tickets read" in page_of(agent)


def test_without_the_encoder_nothing_is_read(agent, settings):
    settings.TRIAGE_ENCODER = False
    TicketFactory()
    assert "tickets read" not in page_of(agent)


def test_queries_do_not_grow_with_predictions(agent, django_assert_max_num_queries):
    for number in range(10):
        judged(model=str(number))
    with django_assert_max_num_queries(14):
        page_of(agent)


def test_all_time_is_shown_by_months(agent):
    """Whatever the number of days: a row of the answer for each would cost more every day."""
    now = timezone.now()
    for days in (3, 400, 401, 900):
        judged(created_at=now - timedelta(days=days))
    judged(final="account", created_at=now - timedelta(days=900))
    months = Counter(f"{now - timedelta(days=days):%B %Y}" for days in (3, 400, 401, 900, 900))
    table = re.search(r'<details id="days-category">.*?</details>', page_of(agent, "?days=0"), re.S)
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(\d)</td><td>(\d)</td>', table[0])
    assert {name: int(reviewed) for name, _, reviewed in rows} == months
    assert rows[-1] == (f"{now - timedelta(days=900):%B %Y}", "1", "2")


def test_a_step_has_the_sums_of_its_days(db):
    """Also of a day before the first step, which the first one takes."""
    for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)):
        judged(created_at=datetime.combine(day, time(12), UTC))
    report = TriageCount.objects.report(steps=[date(2026, 2, 1), date(2026, 3, 1)])
    days = [(row["date"], row["judged"]) for row in report["per_day"]]
    assert days == [("2026-02-01", 3), ("2026-03-01", 1)]


# --- charts -----------------------------------------------------------------------


def test_a_point_is_drawn_at_its_confidence_and_accuracy():
    [point] = charts.calibration(
        [
            {"from": 0.7, "to": 0.8, "judged": 4, "mean_confidence": 0.75, "accuracy": 0.5},
            {"from": 0.8, "to": 0.9, "judged": 0, "mean_confidence": None, "accuracy": None},
        ]
    )
    assert (point.x, point.y, point.label) == (75.0, 50.0, "70 to 80%")


def test_cells_are_shaded_by_their_share():
    [(_, cells), _row] = charts.confusion({"a": {"a": 3, "b": 1}}, ["a", "b"])
    assert [(cell.count, cell.share, cell.shade, cell.is_correct) for cell in cells] == [
        (3, 75, 3, True),
        (1, 25, 1, False),
    ]


def test_days_without_judged_predictions_are_empty():
    today = timezone.now().date()
    entries = [
        {"date": today.isoformat(), "judged": 3, "correct": 1},
        {"date": today.isoformat(), "judged": 1, "correct": 1},
    ]
    chart = charts.accuracy_chart(entries, *charts.spans_of(today - timedelta(days=2), today))
    assert [(bar.judged, bar.correct) for bar in chart.columns] == [(0, 0), (0, 0), (4, 2)]
    assert chart.columns[-1].correct_height == chart.columns[-1].height / 2


def test_a_long_period_is_grouped_by_months():
    first, last = date(2020, 1, 31), date(2026, 3, 1)
    entries = [{"date": "2026-02-28", "judged": 2, "correct": 1}]
    chart = charts.accuracy_chart(entries, *charts.spans_of(first, last))
    assert chart.step == "month"
    assert len(chart.columns) == 75
    assert [bar.judged for bar in chart.columns[-2:]] == [2, 0]
