"""Accounts and API tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tickets.access.actors import SYSTEM
from tickets.services import accounts

pytestmark = pytest.mark.django_db


def test_a_tokens_secret_is_returned_with_it_and_never_stored():
    new = accounts.create_token("console", ["write", "read", "read"], SYSTEM, days=1)
    assert new.token.scopes == ["read", "write"]
    assert new.secret not in str(vars(new.token))
    assert new.token.expires_at is not None
    assert timedelta(hours=23) < new.token.expires_at - timezone.now() <= timedelta(days=1)
    assert accounts.create_token("other", ["read"], SYSTEM).token.expires_at is None


def test_revoking_a_token_again_keeps_the_first_time():
    token = accounts.create_token("console", ["read"], SYSTEM).token
    accounts.revoke_token(token, SYSTEM)
    first = token.revoked_at
    accounts.revoke_token(token, SYSTEM)
    assert token.revoked_at == first
    assert not token.is_usable
