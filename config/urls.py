"""The URLs of the JSON API, the pages and the admin site."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("tickets.api.urls")),
    path("", include("tickets.pages.urls")),
    # Release 0.1 called feedback lessons.
    path(
        "admin/tickets/lesson/",
        RedirectView.as_view(pattern_name="admin:tickets_feedback_changelist", query_string=True),
    ),
    path("admin/", admin.site.urls),
]

handler400 = "tickets.web.errors.bad_request"
handler403 = "tickets.web.errors.forbidden"
handler404 = "tickets.web.errors.not_found"
handler500 = "tickets.web.errors.server_error"
