"""The JSON API's routes. The OpenAPI document is made from them, see `openapi/document.py`."""

from django.urls import re_path

from . import views
from .endpoints import route

urlpatterns = [
    route("/api/tickets/", "api-tickets", GET=views.list_tickets, POST=views.create_ticket),
    route("/api/tickets/stats/", "api-stats", GET=views.ticket_statistics),
    route("/api/tickets/classify/", "api-classify", POST=views.classify),
    route("/api/tickets/suggest-title/", "api-suggest-title", POST=views.suggest_title),
    route(
        "/api/tickets/{ticket_id}/",
        "api-ticket",
        GET=views.show_ticket,
        PATCH=views.update_ticket,
        PUT=views.replace_ticket,
        DELETE=views.delete_ticket,
    ),
    route("/api/tickets/{ticket_id}/history/", "api-history", GET=views.ticket_history),
    route(
        "/api/tickets/{ticket_id}/comments/",
        "api-comments",
        GET=views.list_comments,
        POST=views.add_comment,
    ),
    route("/api/triage/report/", "api-triage-report", GET=views.triage_report),
    route("/api/openapi.json", "api-openapi", GET=views.openapi),
    route("/api/docs/", "api-docs", GET=views.docs),
    route("/healthz", "healthz", GET=views.health),
    route("/readyz", "readyz", GET=views.readiness),
    re_path(r"^api(?:/|\Z)", views.unknown),
]
