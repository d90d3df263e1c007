"""Callers of the API, one for each role."""

import pytest

from tickets.tests.factories import TicketFactory, TokenFactory
from tickets.vocabulary import Scope

from .client import Api


@pytest.fixture
def anonymous(db):
    return Api()


@pytest.fixture
def agent(db):
    return Api(TokenFactory(scopes=[Scope.READ, Scope.WRITE]).secret)


@pytest.fixture
def admin(db):
    return Api(TokenFactory(scopes=[Scope.ADMIN]).secret)


@pytest.fixture
def ticket(db):
    return TicketFactory()
