"""Predictions are stored with what became of them, and counted in SQL."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tickets.access.actors import REQUESTER, SYSTEM, Actor
from tickets.models.ticket import Ticket
from tickets.models.triage import Prediction, TriageCount
from tickets.services import comments, housekeeping, tickets
from tickets.services.triage import predictions
from tickets.services.triage.assessment import Assessment
from tickets.tests.factories import PredictionFactory, TicketFactory
from tickets.triage import engine, signed_suggestions
from tickets.triage.results import Classification
from tickets.vocabulary import TRIAGE_FIELDS, PredictionUse

pytestmark = pytest.mark.django_db

TEXT = {"title": "Charged twice", "description": "I was charged twice. Refund the invoice please!"}
ANONYMOUS = Actor("anonymous")
CLASSIFICATION = Classification(
    "billing", "high", 0.9, 0.7, source="llm", provider="gemini", model="m",
    prompt_version="1", latency_ms=420, cost_usd=0.004,
)  # fmt: skip


def shown_suggestion(classification=CLASSIFICATION, description=TEXT["description"]):
    """Store a suggestion as it is shown while typing. Return what the form makes of its id."""
    signed_id = predictions.save_suggestion(classification, description)
    return signed_suggestions.read(signed_id)


def rows(ticket, **filters):
    return {row.field: row for row in Prediction.objects.filter(ticket=ticket, **filters)}


def assess(ticket, *fields):
    """Return what offline triage makes of the ticket's description, for these TRIAGE_FIELDS."""
    return Assessment(
        engine.classify(ticket.description, use_model=False),
        engine.score_sentiment(ticket.description, use_model=False),
        frozenset(fields),
    )


# --- what is written ----------------------------------------------------------------


def test_a_new_ticket_has_a_prediction_for_each_value_that_triage_gave_it():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    stored = rows(ticket)
    assert set(stored) == {"category", "priority", "sentiment", "urgency"}
    assert stored["category"].value == ticket.category == "billing"
    assert stored["category"].confidence == ticket.category_confidence
    assert stored["urgency"].value == str(ticket.urgency_score)
    assert {row.source for row in stored.values()} == {"offline"}
    assert {row.use for row in stored.values()} == {PredictionUse.APPLIED}
    assert {row.final_value for row in stored.values()} == {""}


def test_the_evidence_is_stored_with_its_positions():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    for row in rows(ticket).values():
        for entry in row.evidence:
            text = getattr(ticket, entry["field"])
            assert text[entry["start"] : entry["end"]] == entry["text"]
    assert rows(ticket)["category"].evidence


def test_a_persons_choice_is_not_a_prediction():
    ticket = tickets.create_ticket(TEXT | {"category": "account"}, ANONYMOUS)
    assert set(rows(ticket)) == {"priority", "sentiment", "urgency"}


def test_a_text_without_a_clue_is_recorded_as_the_default():
    ticket = tickets.create_ticket({"title": "???", "description": "..."}, ANONYMOUS)
    category = rows(ticket)["category"]
    assert (category.value, category.source, category.confidence) == ("general", "default", None)


def test_a_shown_suggestion_is_stored_before_there_is_a_ticket():
    suggestion = shown_suggestion()
    first, second = Prediction.objects.order_by("field")
    assert (first.suggestion, second.suggestion) == (suggestion.suggestion,) * 2
    assert (first.field, first.value, first.confidence) == ("category", "billing", 0.9)
    assert (first.provider, first.model, first.prompt_version) == ("gemini", "m", "1")
    assert first.latency_ms == 420
    assert first.cost_usd + second.cost_usd == pytest.approx(0.004)
    assert (first.ticket, first.accepted, first.use) == (None, None, PredictionUse.SHOWN)


def test_a_ticket_takes_its_suggestion_and_notes_what_was_accepted():
    suggestion = shown_suggestion()
    ticket = tickets.create_ticket(
        TEXT | {"category": "billing", "priority": "low", "suggestion": suggestion},
        ANONYMOUS,
        accepted=["category"],
    )
    stored = rows(ticket, use=PredictionUse.SHOWN)
    assert stored["category"].accepted is True
    assert stored["priority"].accepted is False
    assert set(rows(ticket, use=PredictionUse.APPLIED)) == {"sentiment", "urgency"}


def test_quotes_of_the_typed_text_match_the_stored_text():
    typed = "\r\n\r\n   I was charged twice. Refund the invoice please!"
    suggestion = shown_suggestion(engine.classify(typed, use_model=False), typed)
    ticket = tickets.create_ticket(
        {"title": "Twice", "description": typed.strip(), "suggestion": suggestion}, ANONYMOUS
    )
    evidence = rows(ticket)["category"].evidence
    assert evidence
    for entry in evidence:
        assert ticket.description[entry["start"] : entry["end"]] == entry["text"]


def test_a_suggestion_belongs_to_the_first_ticket_that_names_it():
    suggestion = shown_suggestion()
    first = tickets.create_ticket(TEXT | {"suggestion": suggestion}, ANONYMOUS)
    second = tickets.create_ticket(TEXT | {"suggestion": suggestion}, ANONYMOUS)
    assert len(rows(first, use=PredictionUse.SHOWN)) == 2
    assert rows(second, use=PredictionUse.SHOWN) == {}
    assert (second.category_source, second.priority_source) == ("offline", "offline")


def test_a_ticket_can_be_created_from_a_purged_suggestion():
    suggestion = shown_suggestion()
    Prediction.objects.all().delete()
    ticket = tickets.create_ticket(TEXT | {"suggestion": suggestion}, ANONYMOUS)
    assert (ticket.category_source, ticket.category_confidence) == ("llm", 0.9)


def test_a_table_that_cannot_be_written_stops_no_suggestion():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_prediction RENAME TO away")
    signed_id = predictions.save_suggestion(CLASSIFICATION, "It fails.")
    assert signed_suggestions.read(signed_id).category == "billing"


def test_a_changed_text_gets_another_prediction_of_its_sentiment():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"description": "Thank you, all is well."}, SYSTEM)
    sentiments = Prediction.objects.filter(ticket=ticket, field="sentiment")
    assert sentiments.count() == 2
    assert Prediction.objects.filter(ticket=ticket, field="category").count() == 1


def test_suggestions_that_were_never_sent_are_purged_after_a_month():
    old, recent = shown_suggestion(), shown_suggestion()
    sent = shown_suggestion()
    tickets.create_ticket(TEXT | {"suggestion": sent}, ANONYMOUS)
    long_ago = timezone.now() - timedelta(days=31)
    for suggestion in (old, sent):
        Prediction.objects.filter(suggestion=suggestion.suggestion).update(created_at=long_ago)
    housekeeping.purge_expired()
    remaining = set(
        Prediction.objects.filter(use=PredictionUse.SHOWN).values_list("suggestion", flat=True)
    )
    assert remaining == {recent.suggestion, sent.suggestion}


# --- the agent's decision --------------------------------------------------------------


def test_an_agents_correction_is_the_final_value():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    category = rows(ticket)["category"]
    assert (category.value, category.final_value, category.is_correct) == (
        "billing",
        "account",
        False,
    )
    assert category.final_at is not None
    assert rows(ticket)["priority"].final_value == ""


def test_setting_the_same_value_confirms_it():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"category": "billing"}, SYSTEM)
    assert rows(ticket)["category"].is_correct is True


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_finishing_a_ticket_confirms_its_values(status):
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"status": status}, SYSTEM)
    stored = rows(ticket)
    assert stored["category"].is_correct is True
    assert stored["priority"].is_correct is True
    assert stored["sentiment"].final_value == ""  # no person decides it


def test_a_later_correction_overwrites_the_confirmation():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"status": "closed"}, SYSTEM)
    tickets.update_ticket(ticket.pk, {"category": "technical"}, SYSTEM)
    assert rows(ticket)["category"].final_value == "technical"


def test_work_in_progress_judges_nothing():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"status": "in_progress", "title": "Twice"}, SYSTEM)
    assert not Prediction.objects.exclude(final_value="").exists()


def test_a_requesters_reply_judges_nothing():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    comments.add_reply(ticket, {"body": "Any news?"})
    assert not Prediction.objects.exclude(final_value="").exists()


def test_a_prediction_stored_after_the_decision_is_judged_by_it():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    assess(ticket, "category").save_predictions(ticket, PredictionUse.SHADOW)
    assert rows(ticket, use=PredictionUse.SHADOW)["category"].final_value == "account"


def test_the_same_answer_of_a_job_that_ran_twice_is_stored_once():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    assessment = assess(ticket, *TRIAGE_FIELDS)
    assessment.save_predictions(ticket, PredictionUse.SHADOW, once_per_text=True)
    assessment.save_predictions(ticket, PredictionUse.SHADOW, once_per_text=True)
    assert Prediction.objects.filter(ticket=ticket, use=PredictionUse.SHADOW).count() == 4


def test_a_finished_ticket_from_a_program_confirms_its_values():
    ticket = tickets.create_ticket(TEXT | {"category": "account", "status": "closed"}, SYSTEM)
    assert list(ticket.feedback.values_list("field", "value")) == [("category", "account")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("field", "mood"), ("source", "oracle"), ("use", "guessed"), ("confidence", 1.5)],
)
def test_the_database_refuses_an_invalid_prediction(column, value):
    row = PredictionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Prediction.objects.filter(pk=row.pk).update(**{column: value})


def test_an_agent_confirms_what_the_requester_chose():
    ticket = tickets.create_ticket(
        TEXT | {"category": "account", "suggestion": shown_suggestion()}, ANONYMOUS
    )
    tickets.update_ticket(ticket.pk, {"category": "account"}, SYSTEM)
    category = rows(ticket)["category"]
    assert (category.accepted, category.final_value, category.is_correct) == (
        False,
        "account",
        False,
    )


def test_values_of_a_second_ticket_with_a_suggestion_are_of_triage():
    suggestion = shown_suggestion()
    tickets.create_ticket(TEXT | {"suggestion": suggestion}, ANONYMOUS)
    second = tickets.create_ticket(TEXT | {"suggestion": suggestion}, ANONYMOUS)
    stored = rows(second, use=PredictionUse.APPLIED)
    assert set(stored) == {"category", "priority", "sentiment", "urgency"}
    assert (stored["category"].value, stored["category"].source) == ("billing", "offline")


def test_replacing_a_ticket_decides_what_is_sent():
    ticket = tickets.create_ticket(TEXT, ANONYMOUS)
    tickets.replace_ticket(ticket.pk, TEXT | {"category": "billing"}, SYSTEM)
    assert rows(ticket)["category"].is_correct is True
    assert rows(ticket)["priority"].final_value == ""


# --- the report ---------------------------------------------------------------------


def judged(value="billing", final="billing", **values):
    return PredictionFactory(value=value, final_value=final, final_at=timezone.now(), **values)


def test_a_report_of_nothing_divides_by_nothing():
    report = TriageCount.objects.report()
    assert report["fields"]["category"] == {
        "predictions": 0, "judged": 0, "correct": 0, "accuracy": None, "acceptance": None,
        "coverage_at_0_8": None, "accuracy_at_0_8": None, "ece": None,
    }  # fmt: skip
    assert report["sources"] == report["per_day"] == []
    assert report["coverage"] is None
    assert report["cost_usd"] == 0


def test_accuracy_counts_judged_predictions():
    judged()
    judged(final="account")
    judged("technical", "technical", confidence=0.5)
    PredictionFactory()
    figures = TriageCount.objects.report()["fields"]["category"]
    assert (figures["predictions"], figures["judged"], figures["correct"]) == (4, 3, 2)
    assert figures["accuracy"] == 0.6667
    assert figures["coverage_at_0_8"] == 0.75
    assert figures["accuracy_at_0_8"] == 0.5


def test_acceptance_counts_suggestions_that_were_shown_and_sent():
    PredictionFactory(use="shown", accepted=True)
    PredictionFactory(use="shown", accepted=True)
    PredictionFactory(use="shown", accepted=False)
    PredictionFactory(use="shown", accepted=None, ticket=None)
    PredictionFactory()
    report = TriageCount.objects.report()
    assert report["fields"]["category"]["acceptance"] == 0.6667
    [source] = [row for row in report["sources"] if row["use"] == "shown"]
    assert (source["predictions"], source["shown"], source["accepted"]) == (4, 3, 2)


def test_each_source_and_model_has_a_row():
    judged(source="llm", provider="gemini", model="a", latency_ms=100, cost_usd=0.01)
    judged(source="llm", provider="gemini", model="a", latency_ms=300, cost_usd=0.01)
    judged(source="llm", provider="gemini", model="b", final="account")
    PredictionFactory(field="priority", value="low", confidence=None)
    report = TriageCount.objects.report()
    assert [(row["field"], row["model"], row["accuracy"]) for row in report["sources"]] == [
        ("category", "a", 1.0),
        ("category", "b", 0.0),
        ("priority", "lexicon", None),
    ]
    assert report["sources"][0]["latency_ms"] == {"p50": 200, "p95": 290}
    assert report["sources"][0]["cost_usd"] == pytest.approx(0.02)
    assert report["cost_usd"] == pytest.approx(0.02)


def test_a_shadow_is_compared_and_decides_nothing():
    judged(use="shadow", provider="groq", model="x", source="llm", final="account")
    report = TriageCount.objects.report()
    assert report["fields"]["category"]["predictions"] == 0
    assert report["confusion"]["category"] == {}
    assert [(row["use"], row["accuracy"]) for row in report["sources"]] == [("shadow", 0.0)]


def test_confusion_counts_each_value_by_its_final_value():
    judged()
    judged()
    judged("billing", "account")
    judged("high", "low", field="priority")
    assert TriageCount.objects.report()["confusion"] == {
        "category": {"billing": {"billing": 2, "account": 1}},
        "priority": {"high": {"low": 1}},
    }


def test_calibration_has_ten_ranges_and_an_error():
    for final in ("billing", "account"):
        judged(final=final, confidence=0.9)
    judged(confidence=1.0)
    judged(confidence=0.34)
    PredictionFactory(confidence=0.0)
    judged(confidence=None)
    report = TriageCount.objects.report()
    bins = report["calibration"]["category"]
    assert [entry["predictions"] for entry in bins] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 3]
    assert bins[9] == {
        "from": 0.9, "to": 1.0, "predictions": 3, "judged": 3,
        "accuracy": 0.6667, "mean_confidence": 0.9333,
    }  # fmt: skip
    # (3 * |0.6667 - 0.9333| + 1 * |1 - 0.34|) / 4
    assert report["fields"]["category"]["ece"] == pytest.approx(0.365, abs=0.001)


def test_days_are_those_of_utc():
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    judged(created_at=late)
    judged(created_at=late + timedelta(hours=1), final="account")
    assert TriageCount.objects.report()["per_day"] == [
        {"date": "2026-03-01", "field": "category", "source": "offline", "judged": 1, "correct": 1},
        {"date": "2026-03-02", "field": "category", "source": "offline", "judged": 1, "correct": 0},
    ]


def test_a_report_has_bounds():
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for hours in (-1, 0, 1):
        judged(created_at=noon + timedelta(hours=hours))
    report = TriageCount.objects.report(noon, noon + timedelta(hours=1))
    assert report["fields"]["category"]["predictions"] == 1


def test_coverage_is_the_share_of_tickets_with_a_prediction():
    PredictionFactory()
    PredictionFactory(use="shadow")
    TicketFactory.create_batch(2)
    assert TriageCount.objects.report()["coverage"] == 0.25


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    for number in range(5):
        judged(model=str(number))
    with django_assert_num_queries(2):
        TriageCount.objects.report()


def test_deleting_a_ticket_deletes_its_rows():
    ticket = tickets.create_ticket(TEXT, REQUESTER)
    tickets.delete_ticket(ticket.pk, SYSTEM)
    assert not Prediction.objects.exists()
    assert not Ticket.objects.exists()


def test_each_suggestion_has_its_own_id():
    assert shown_suggestion().suggestion != shown_suggestion().suggestion
    assert isinstance(shown_suggestion().suggestion, uuid.UUID)
