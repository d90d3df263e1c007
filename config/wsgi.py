"""The WSGI application."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Utf8Request(WSGIRequest):
    """Reads everything as UTF-8.

    Django would read even the query with the charset that the body's type names, be it "zip",
    and fail before any handler of errors.
    """

    @property
    def encoding(self) -> str:
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        pass


class Application(WSGIHandler):
    request_class = Utf8Request


django.setup(set_prefix=False)
application = Application()

from tickets.checks import refuse_unsafe_settings  # noqa: E402  (needs the applications)

refuse_unsafe_settings()
