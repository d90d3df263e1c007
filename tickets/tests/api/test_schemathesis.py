"""Valid and invalid requests generated from the OpenAPI document, through the whole stack."""

import os

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from config.wsgi import application
from tickets.api.openapi.document import document
from tickets.tests.factories import TokenFactory
from tickets.tests.worker import beat

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"deterministic": True, "database": "none"},
        "phases": {"coverage": {"enabled": False}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(), config=CONFIG)
SCHEMA.app = application
SCHEMA.config.update(base_url="http://localhost")
# A username may be valid and unknown, a cursor from no list, a text without a visible character.
BEYOND_A_SCHEMA = [positive_data_acceptance]
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")


# For each operation and caller. A long run: SCHEMATHESIS_EXAMPLES=150 make test ARGS="-k generated"
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
SCOPES = {"anonymous": [], "agent": ["read", "write"], "admin": ["admin", "mail"]}


@pytest.fixture(params=SCOPES)
def headers(request, db, settings):
    """Those of a caller, in a transaction that outlives each request, as with the test client."""
    settings.CREATE_LIMIT = settings.CREATE_DAILY_LIMIT = settings.SUGGEST_LIMIT = 10**6
    settings.CREATE_DESK_LIMIT = 10**6
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    beat()  # for /readyz
    scopes = SCOPES[request.param]
    yield {"Authorization": f"Bearer {TokenFactory(scopes=scopes).secret}"} if scopes else {}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_to_a_generated_request_is_described(case, headers):
    # Whatever bytes come by mail are a message, and are stored.
    of_mail = [negative_data_rejection] if case.path == "/api/mail/" else []
    case.call_and_validate(headers=headers, excluded_checks=[*BEYOND_A_SCHEMA, *of_mail])
