"""Expired rows."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tickets.models.housekeeping import Counter, IdempotencyKey
from tickets.models.sign_ins import SignIn
from tickets.models.ticket import Ticket
from tickets.services import housekeeping
from tickets.tests.factories import AgentFactory, TicketFactory
from tickets.vocabulary import IDEMPOTENCY_KEY_LIFETIME

pytestmark = pytest.mark.django_db


def test_purging_keeps_what_is_in_use():
    IdempotencyKey.claim("digest", "fingerprint").store(TicketFactory(), {})
    Counter.objects.hit("x", limit=1, seconds=10**9)
    housekeeping.purge(0)
    assert IdempotencyKey.objects.exists()
    assert Counter.objects.exists()
    IdempotencyKey.objects.update(created_at=timezone.now() - IDEMPOTENCY_KEY_LIFETIME)
    Counter.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    housekeeping.purge(0)
    assert not IdempotencyKey.objects.exists()
    assert not Counter.objects.exists()
    assert Ticket.objects.exists()


def test_expired_sessions_are_purged_and_others_stay():
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(AgentFactory())
    expired = Session.objects.filter(pk=clients[0].session.session_key)
    expired.update(expire_date=timezone.now() - timedelta(minutes=1))
    SignIn.objects.create(session_id="ended", account=AgentFactory())
    housekeeping.purge(0)
    assert [row.pk for row in Session.objects.all()] == [clients[1].session.session_key]
    assert SignIn.objects.get().session_id == clients[1].session.session_key


@pytest.mark.parametrize(
    ("model", "values"), [(AccessAttempt, {"failures_since_start": 1}), (AccessLog, {})]
)
def test_the_log_of_sign_ins_goes_back_a_month(model, values):
    old, recent = (model.objects.create(username=name, **values) for name in ("old", "recent"))
    model.objects.filter(pk=old.pk).update(attempt_time=timezone.now() - timedelta(days=31))
    housekeeping.purge(0)
    assert list(model.objects.values_list("username", flat=True)) == [recent.username]
