"""Rows for tests, each valid and different from the one before."""

import uuid
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from factory.django import DjangoModelFactory

from tickets.models.private_link import digest
from tickets.models.ticket import Comment, Ticket
from tickets.models.tokens import ApiToken
from tickets.models.triage import Prediction
from tickets.vocabulary import (
    ADMINS_GROUP,
    AGENTS_GROUP,
    FINISHED_STATUSES,
    AuthorRole,
    Scope,
    Status,
)

PASSWORD = "correct horse battery staple"


@cache
def hashed_password() -> str:
    """Hash PASSWORD once, because hashing is slow on purpose."""
    return make_password(PASSWORD)


class UserFactory(DjangoModelFactory):
    """An account that can sign in with PASSWORD and is not an agent."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.LazyFunction(hashed_password)


class AgentFactory(UserFactory):
    username = factory.Sequence(lambda n: f"agent{n}")

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        self.groups.add(Group.objects.get_or_create(name=AGENTS_GROUP)[0])


class AdminFactory(UserFactory):
    username = factory.Sequence(lambda n: f"admin{n}")

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        self.groups.add(Group.objects.get_or_create(name=ADMINS_GROUP)[0])


class TicketFactory(DjangoModelFactory):
    """A ticket that triage has not read: general, medium, open, waiting for us."""

    class Meta:
        model = Ticket

    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("created_at")
    last_activity_at = factory.SelfAttribute("created_at")
    waiting_since = factory.LazyAttribute(
        lambda ticket: None if ticket.status in FINISHED_STATUSES else ticket.created_at
    )
    status = Status.OPEN

    title = factory.Sequence(lambda n: f"Printer {n} is on fire")
    description = "There is smoke above the paper tray."

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        ticket = model_class(*args, **kwargs)
        ticket.issue_link()
        ticket.save(force_insert=True)
        return ticket


def many_tickets(count=1000):
    """Store tickets, and let the planner know, so that it uses the indexes that it uses in life."""
    Ticket.objects.bulk_create(
        Ticket(
            title=f"Printer {n}", description="It smokes.", requester_email=f"lou{n}@desk{n}.net"
        )
        for n in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket, tickets_ticketdocument")


class CommentFactory(DjangoModelFactory):
    class Meta:
        model = Comment

    ticket = factory.SubFactory(TicketFactory)
    author_role = AuthorRole.AGENT
    body = "We are looking into it."


class TokenFactory(DjangoModelFactory):
    """An API token. Its secret, which is not stored, is in `secret`."""

    class Meta:
        model = ApiToken

    name = factory.Sequence(lambda n: f"program {n}")
    scopes = [Scope.READ, Scope.WRITE]

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        secret = ApiToken.new_secret()
        token = super()._create(model_class, *args, digest=digest(secret), **kwargs)
        token.secret = secret
        return token


class PredictionFactory(DjangoModelFactory):
    class Meta:
        model = Prediction

    suggestion = factory.LazyFunction(uuid.uuid4)
    ticket = factory.SubFactory(TicketFactory)
    field = "category"
    value = "billing"
    confidence = 0.9
    source = "offline"
    provider = "offline"
    model = "lexicon"
    use = "applied"


def unapply_newest_migration():
    """Leave the database as a newer version of the program finds it before it is migrated."""
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="tickets").latest("name")
    recorder.record_unapplied(newest.app, newest.name)
