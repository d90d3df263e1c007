"""The JSON API's routes. The OpenAPI document is generated from them, see `openapi/document.py`."""

from django.urls import path, re_path

from .endpoints import route
from .views import attachments, conversation, mail, merging, service, tickets, triage

urlpatterns = [
    route("/api/tickets/", "api-tickets", GET=tickets.list_tickets, POST=tickets.create_ticket),
    route("/api/tickets/stats/", "api-stats", GET=tickets.ticket_statistics),
    route("/api/tickets/classify/", "api-classify", POST=triage.classify),
    route("/api/tickets/suggest-title/", "api-suggest-title", POST=triage.suggest_title),
    route(
        "/api/tickets/{ticket_id}/",
        "api-ticket",
        GET=tickets.show_ticket,
        PATCH=tickets.update_ticket,
        PUT=tickets.replace_ticket,
        DELETE=tickets.delete_ticket,
    ),
    route("/api/tickets/{ticket_id}/history/", "api-history", GET=conversation.ticket_history),
    route(
        "/api/tickets/{ticket_id}/comments/",
        "api-comments",
        GET=conversation.list_comments,
        POST=conversation.add_comment,
    ),
    route(
        "/api/tickets/{ticket_id}/attachments/",
        "api-attachments",
        GET=attachments.list_attachments,
        POST=attachments.add_attachment,
    ),
    route(
        "/api/tickets/{ticket_id}/attachments/{uuid}/",
        "api-attachment",
        GET=attachments.get_attachment,
    ),
    route("/api/tickets/{ticket_id}/merge/", "api-merge", POST=merging.merge_ticket),
    route("/api/tickets/{ticket_id}/unmerge/", "api-unmerge", POST=merging.unmerge_ticket),
    route("/api/mail/", "api-mail", POST=mail.receive_message),
    route("/api/triage/report/", "api-triage-report", GET=triage.triage_report),
    route("/api/openapi.json", "api-openapi", GET=service.openapi),
    route("/api/docs/", "api-docs", GET=service.docs),
    route("/healthz", "healthz", GET=service.health),
    route("/readyz", "readyz", GET=service.readiness),
    route("/metrics", "metrics", GET=service.metrics),
    path("api/doctor/", service.seen),
    re_path(r"^api(?:/|\Z)", service.unknown),
]
