"""The URLs of the JSON API, the pages and the admin site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("tickets.api.urls")),
    path("", include("tickets.pages.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
