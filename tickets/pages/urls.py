"""The addresses of the pages."""

from django.urls import path

from .views import dashboard, session, submit, ticket, ticket_list, tracking, undoing

urlpatterns = [
    path("", submit.submit, name="submit"),
    path("t/<str:secret>/", tracking.track, name="track"),
    path("tickets/", ticket_list.ticket_list, name="ticket-list"),
    path("tickets/undo/", undoing.undo, name="undo"),
    path("tickets/similar/", submit.similar, name="similar"),
    path("tickets/<int:ticket_id>/", ticket.ticket, name="ticket"),
    path("tickets/<int:ticket_id>/comments/", ticket.comments, name="ticket-comments"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/triage/", dashboard.triage, name="triage"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("theme/", session.theme, name="theme"),
]
