"""Valid and invalid requests generated from the OpenAPI document, through the whole stack."""

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from config.wsgi import application
from tickets.api.openapi.document import document
from tickets.tests.factories import TokenFactory

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


@pytest.fixture
def secret(db):
    """A token, in a transaction that outlives each request, as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield TokenFactory(scopes=["admin"]).secret
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@SCHEMA.parametrize()
@hypothesis.settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_to_a_generated_request_is_described(case, secret):
    case.call_and_validate(
        headers={"Authorization": f"Bearer {secret}"}, excluded_checks=BEYOND_A_SCHEMA
    )
