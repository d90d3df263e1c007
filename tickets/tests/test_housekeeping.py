"""What is deleted once it has served its time."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tickets.services import housekeeping
from tickets.tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


def test_sessions_that_ended_go_and_the_others_stay():
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(AgentFactory())
    ended = Session.objects.filter(pk=clients[0].session.session_key)
    ended.update(expire_date=timezone.now() - timedelta(minutes=1))
    housekeeping.purge()
    assert [row.pk for row in Session.objects.all()] == [clients[1].session.session_key]


@pytest.mark.parametrize(
    ("model", "more"), [(AccessAttempt, {"failures_since_start": 1}), (AccessLog, {})]
)
def test_who_tried_to_sign_in_is_known_for_a_month(model, more):
    old, recent = (model.objects.create(username=name, **more) for name in ("old", "recent"))
    model.objects.filter(pk=old.pk).update(attempt_time=timezone.now() - timedelta(days=31))
    housekeeping.purge()
    assert list(model.objects.values_list("username", flat=True)) == [recent.username]
