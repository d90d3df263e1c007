"""Visitors of the pages: a stranger and a signed-in agent."""

import pytest
from django.test import Client

from tickets.tests.factories import AgentFactory, TicketFactory, UserFactory


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def visitor(db):
    return Client()


@pytest.fixture
def user(db):
    """Somebody with an account who is not an agent."""
    return signed_in(UserFactory())


@pytest.fixture
def agent_user(db):
    return AgentFactory()


@pytest.fixture
def agent(agent_user):
    return signed_in(agent_user)


@pytest.fixture
def ticket(db):
    return TicketFactory()


@pytest.fixture
def open_mode(settings):
    settings.ACCESS_MODE = "open"
