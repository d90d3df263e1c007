"""The addresses of the pages."""

from django.urls import path

from .views import (
    bulk,
    dashboard,
    export,
    logo,
    new_tickets,
    presence,
    private_link,
    requester,
    review,
    saved_views,
    session,
    submit,
    ticket,
    ticket_list,
    undo,
)

urlpatterns = [
    path("", submit.submit, name="submit"),
    path("t/<str:secret>/", requester.requester_page, name="requester-page"),
    path("tickets/", ticket_list.ticket_list, name="ticket-list"),
    path("tickets/bulk/", bulk.bulk, name="bulk"),
    path("tickets/review/", review.review, name="review"),
    path("tickets/undo/", undo.undo, name="undo"),
    path("tickets/news/", new_tickets.new_tickets, name="ticket-news"),
    path("tickets/export.csv", export.export, name="ticket-export"),
    path("tickets/views/", saved_views.save, name="save-view"),
    path("tickets/views/<int:view_id>/delete/", saved_views.delete, name="delete-view"),
    path("tickets/similar/", submit.similar, name="similar"),
    path("tickets/<int:ticket_id>/", ticket.ticket, name="ticket"),
    path("tickets/<int:ticket_id>/comments/", ticket.ticket_comments, name="ticket-comments"),
    path("tickets/<int:ticket_id>/spam/", ticket.ticket_spam, name="ticket-spam"),
    path("tickets/<int:ticket_id>/presence/", presence.ticket_presence, name="presence"),
    path("tickets/<int:ticket_id>/link/send/", private_link.send, name="private-link-send"),
    path("tickets/<int:ticket_id>/link/revoke/", private_link.revoke, name="private-link-revoke"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/triage/", dashboard.triage, name="triage"),
    path("logo/<str:name>", logo.desk_logo, name="desk-logo"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("theme/", session.theme, name="theme"),
]
