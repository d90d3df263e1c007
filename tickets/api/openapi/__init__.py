"""The API's description in OpenAPI 3.1, and the same for people.

Written by hand; enumerations and lengths come from the models and forms that enforce them, and
the tests hold it against the routes and against real answers.
"""

from __future__ import annotations

from typing import Any

import tickets

from .paths import PATHS
from .schemas import PARAMETERS, SCHEMAS

INTRODUCTION = """\
UTF-8 JSON both ways. Each path answers with and without its trailing slash. Times are RFC 3339 \
in UTC. A body is one JSON object of at most 1 MiB, sent as application/json; unknown keys and \
unknown query parameters are refused by name. Every error is a problem document (RFC 9457) whose \
code is a stable word.

Send a token as "Authorization: Bearer TOKEN". An agent's session works too; its requests that \
change something need the header X-CSRFToken. In the open demo mode anonymous callers may do \
what agents may."""

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Support desk", "version": tickets.__version__, "description": INTRODUCTION},
    "servers": [{"url": "/"}],
    "tags": [
        {"name": "tickets", "description": "Create, find and work on tickets."},
        {"name": "triage", "description": "Ask for suggestions, and how good they were."},
        {"name": "service", "description": "The API itself."},
    ],
    "paths": PATHS,
    "components": {
        "schemas": SCHEMAS,
        "parameters": PARAMETERS,
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        },
    },
}
