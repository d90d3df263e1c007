"""The WSGI application."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from config.logs import refusal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Utf8Request(WSGIRequest):
    """A request that is always read as UTF-8.

    Django would decode even the query string with the charset named in Content-Type, and an
    unknown charset would fail before any error handler runs.
    """

    @property
    def encoding(self) -> str:
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        pass


class Application(WSGIHandler):
    request_class = Utf8Request


try:
    django.setup(set_prefix=False)
    application = Application()

    from tickets.checks import refuse_unsafe_settings, warn_of_settings  # need the apps

    refuse_unsafe_settings()
    warn_of_settings()
except ImproperlyConfigured as error:
    sys.exit(refusal(str(error), os.environ))
