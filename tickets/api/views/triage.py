"""Suggestions, and how accurate they were."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ...access.actors import Actor
from ...access.throttling import throttle_key
from ...forms.periods import ReportForm, ReportPeriod
from ...forms.tickets import ClassifyForm, SuggestTitleForm
from ...models.triage import TriageCount
from ...services.triage import predictions
from ...transactions import long_reading
from ...triage import engine
from ...vocabulary import Scope
from .. import http, serializers
from ..endpoints import endpoint
from ..http import BodyRules, JsonBody, answer
from ..shapes import SuggestionJson, TitleSuggestionJson, TriageReportJson


@endpoint(
    tag="triage",
    throttle="suggest",
    body=BodyRules("TextToClassify", ClassifyForm),
    returns=SuggestionJson,
    success="The suggestion. If the model fails, the offline classifier answers.",
)
def classify(request: HttpRequest, actor: Actor, body: JsonBody) -> HttpResponse:
    """Suggest a category and a priority. A token needs read or write."""
    actor.require_asking()
    body.clean()
    # The texts as they were sent, so that the evidence's positions fit them.
    classification = engine.classify(
        body.raw["description"],
        body.raw.get("title", ""),
        client=throttle_key(request, actor),
        seconds=http.wait_seconds(request),
    )
    suggestion_id = predictions.save_suggestion(classification, body.raw["description"])
    return answer(serializers.suggestion(classification, suggestion_id))


@endpoint(
    tag="triage",
    throttle="suggest",
    body=BodyRules("TextToName", SuggestTitleForm),
    returns=TitleSuggestionJson,
    success="The title.",
)
def suggest_title(request: HttpRequest, actor: Actor, body: JsonBody) -> HttpResponse:
    """Suggest a title. A token needs read or write."""
    actor.require_asking()
    title = engine.suggest_title(
        body.clean()["description"],
        client=throttle_key(request, actor),
        seconds=http.wait_seconds(request),
    )
    return answer(serializers.title_suggestion(title))


@endpoint(
    tag="triage",
    scope=Scope.READ,
    from_replica=True,
    query=ReportForm,
    returns=TriageReportJson,
    success="The report.",
)
def triage_report(request: HttpRequest, actor: Actor, filters: ReportPeriod) -> HttpResponse:
    """Get a report of how often each source of triage was right, as of the last minute.

    A prediction is judged once an agent has decided: by setting the value, or by resolving or
    closing the ticket.
    """
    since, until = filters["since"], filters["until"]
    with long_reading():
        figures = TriageCount.objects.report(since, until)
    return answer(serializers.triage_report(figures, since, until))
