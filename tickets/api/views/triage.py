"""Suggestions, and how good they were."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from ... import services
from ...access import Actor, limited_client
from ...forms import ClassifyForm, ReportForm, SuggestTitleForm
from ...models import Prediction, Scope
from ...triage import engine
from .. import http, serializers
from ..endpoints import endpoint
from ..http import BodyRules, JsonBody, answer
from ..shapes import SuggestionJson, TitleSuggestionJson, TriageReportJson


@endpoint(
    tag="triage",
    throttle="suggest",
    body=BodyRules("TextToClassify", ClassifyForm),
    returns=SuggestionJson,
    success="The suggestion. A failing model is no error: the offline classifier answers.",
)
def classify(request: HttpRequest, actor: Actor, body: JsonBody) -> HttpResponse:
    """Suggest a category and a priority."""
    body.clean()
    # The texts as they were sent, so that the evidence's positions fit them.
    classification = engine.classify(
        body.raw["description"],
        body.raw.get("title", ""),
        client=limited_client(request, actor),
        seconds=http.wait_seconds(request),
    )
    suggestion_id = services.record_shown(classification)
    return answer(serializers.suggestion(classification, suggestion_id))


@endpoint(
    tag="triage",
    throttle="suggest",
    body=BodyRules("TextToName", SuggestTitleForm),
    returns=TitleSuggestionJson,
    success="The title.",
)
def suggest_title(request: HttpRequest, actor: Actor, body: JsonBody) -> HttpResponse:
    """Suggest a title."""
    title = engine.suggest_title(
        body.clean()["description"],
        client=limited_client(request, actor),
        seconds=http.wait_seconds(request),
    )
    return answer(serializers.title_suggestion(title))


@endpoint(
    tag="triage",
    scope=Scope.READ,
    query=ReportForm,
    returns=TriageReportJson,
    success="The report.",
)
def triage_report(request: HttpRequest, actor: Actor, filters: dict[str, Any]) -> HttpResponse:
    """Get a report of how often each source of triage was right.

    A prediction is judged once an agent has decided: by setting the value, or by resolving or
    closing the ticket.
    """
    since, until = filters["since"], filters["until"]
    figures = Prediction.objects.report(since, until)
    return answer(serializers.triage_report(figures, since, until))
