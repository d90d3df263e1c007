"""How log lines look: one format for the web server, the worker and the commands.

The proxy writes the same names and units (`log_format` in deploy/nginx.conf). Whatever a line says,
secrets and private links in it are masked.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .environment.declarations.sections import SETTINGS
from .environment.setting import secret, secrets

# What `tickets.web.request_log` adds to each line of a request.
FIELDS = ("request_id", "actor", "method", "route", "status", "ms", "event", "subject", "client")
MASK = "***"
MIN_SECRET_CHARS = 6  # a shorter one would mask ordinary words
PATTERNS = [
    # Private links: /t/SECRET/, /confirm/TOKEN/, /invitation/KEY/TOKEN/, /reset/KEY/TOKEN/.
    (re.compile(r"(/(?:t|confirm|(?:invitation|reset)/[^/\s]+)/)[^/\s\"'?#]+"), rf"\1{MASK}"),
    (re.compile(r"(?i)(\bbearer\s+)[^\s\"',]+"), rf"\1{MASK}"),
    (re.compile(r"(://[^:/\s@]*:)[^@\s/]+@"), rf"\1{MASK}@"),
    (re.compile(r"([?&](?:search|q)=)[^&\s\"']+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|api_?key|sessionid)[\"']?\s*[=:]\s*[\"']?)"
            r"[^\s\"'&,;]+"
        ),
        rf"\1{MASK}",
    ),
]


def configuration(values: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration of Python's logging for these settings."""
    formatter = {
        "()": "config.logs.Formatter",
        "is_json": values["LOG_FORMAT"] == "json",
        "secrets": [
            *(values[each.name] for each in SETTINGS if each.type is secret),
            *(value for each in SETTINGS if each.type is secrets for value in values[each.name]),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "tickets.web.request_log.AddRequest"}},
        "formatters": {"line": formatter},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["request"],
            }
        },
        "root": {"handlers": ["console"], "level": values["LOG_LEVEL"]},
        "loggers": {
            "gunicorn.error": {"level": values["LOG_LEVEL"], "propagate": True},
            "django.security.DisallowedHost": {"level": "ERROR"},
            # A hand-edited address of the back office is no event for the operator.
            "django.security.DisallowedModelAdminLookup": {"level": "CRITICAL"},
            "django.request": {"level": "ERROR"},
            "procrastinate": {"level": "WARNING"},
            # At the level of debugging, these write down what is said to mail servers: passwords.
            "imapclient": {"level": "WARNING"},
            "mail.log": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }


def refusal(reason: str, environ: Mapping[str, str]) -> str:
    """Return the line with which a process ends that cannot start: before it has a log.

    The environment may be what is wrong, so it is not read as settings are.
    """
    if environ.get("LOG_FORMAT", "").strip() != "json":
        return reason
    event = logging.LogRecord("start", logging.CRITICAL, __file__, 0, reason, (), None)
    return Formatter(is_json=True).format(event)


class Formatter(logging.Formatter):
    """Write an event as a line of text, or as one JSON object."""

    def __init__(self, *, is_json: bool, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self.is_json = is_json
        self.secrets = [value for value in secrets if len(value) >= MIN_SECRET_CHARS]

    def format(self, event: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(event.created).astimezone()
        entry = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": event.levelname,
            "logger": event.name,
            "message": self.masked(event.getMessage()),
        }
        for name in FIELDS:
            value = getattr(event, name, None)
            if value is not None and value != "":
                entry[name] = value  # our own words, or a name
        if event.exc_info:
            entry["traceback"] = self.masked(self.formatException(event.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=str) if self.is_json else _line(entry)

    def masked(self, text: str) -> str:
        for value in self.secrets:
            text = text.replace(value, MASK)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def _line(entry: dict[str, Any]) -> str:
    """Return one line, however many the message has: nobody can forge the next one."""
    message = entry["message"].replace("\r", "\\r").replace("\n", "\\n")
    parts = [entry["time"], entry["level"], entry["logger"], message]
    parts += [f"{name}={entry[name]}" for name in FIELDS if name in entry]
    line = " ".join(map(str, parts))
    return f"{line}\n{entry['traceback']}" if "traceback" in entry else line
