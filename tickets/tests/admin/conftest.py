"""The two kinds of accounts that use the back office, and their browsers."""

import pytest
from django.test import Client

from tickets.tests.factories import AdminFactory, AgentFactory, TicketFactory


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def agent_user(db):
    return AgentFactory(is_staff=True)


@pytest.fixture
def admin_user(db):
    return AdminFactory(is_staff=True)


@pytest.fixture
def agent(agent_user):
    return signed_in(agent_user)


@pytest.fixture
def admin(admin_user):
    return signed_in(admin_user)


@pytest.fixture
def ticket(db):
    return TicketFactory()
