"""Requests made up from the OpenAPI document, good ones and bad ones, through the whole stack."""

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
# A name may be well made and nobody's, a cursor of no list, a text of no letter to be seen.
BEYOND_A_SCHEMA = [positive_data_acceptance]


@pytest.fixture
def secret(db):
    """A token's, in a transaction that outlives each request, as with Django's own client."""
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
def test_every_answer_to_a_made_up_request_is_described(case, secret):
    case.call_and_validate(
        headers={"Authorization": f"Bearer {secret}"}, excluded_checks=BEYOND_A_SCHEMA
    )
