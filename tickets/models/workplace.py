"""How agents work: saved views and replies, presence on tickets, and what each has read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from ..querysets.comments import PendingReplyQuerySet
from ..querysets.owned import OwnedQuerySet
from ..querysets.presence import PresenceQuerySet
from ..querysets.saved_replies import SavedReplyQuerySet
from ..querysets.turns import TicketReadQuerySet
from ..vocabulary import (
    MAX_DISPLAY_NAME_CHARS,
    MAX_REPLY_NAME_CHARS,
    MAX_SIGNATURE_CHARS,
    MAX_TEXT_CHARS,
    MAX_USERNAME_CHARS,
    MAX_VIEW_NAME_CHARS,
    MAX_VIEW_QUERY_CHARS,
    NOTIFICATION_DEFAULTS,
    AuthorRole,
    NotificationChoice,
    NotificationKind,
)
from .constraints import one_of, visible
from .ticket import Comment, Ticket


def owner_field(related_name: str) -> Any:
    """Return the column of the owner; None in the open demo, where agents have no accounts."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name=related_name,
    )


class Owned(models.Model):
    """Something that an agent saved under a name: private to its owner, or shared with all agents.

    Without an owner it is shared.
    """

    name: Any
    owner_id: int | None
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"], nulls_distinct=False, name="%(class)s_once"
            ),
            models.CheckConstraint(
                condition=models.Q(owner__isnull=False) | models.Q(shared=True),
                name="%(class)s_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)


class SavedView(Owned):
    """A named state of the ticket list."""

    name = models.CharField(max_length=MAX_VIEW_NAME_CHARS)
    owner = owner_field("views")
    query = models.CharField(
        max_length=MAX_VIEW_QUERY_CHARS, blank=True
    )  # the query string of the list, without the "?"

    objects = OwnedQuerySet.as_manager()

    class Meta(Owned.Meta):
        constraints = [visible("name", MAX_VIEW_NAME_CHARS), *Owned.Meta.constraints]


class SavedReply(Owned):
    """A text for replies. It may hold variables, see `services/saved_replies.py`."""

    name = models.CharField(max_length=MAX_REPLY_NAME_CHARS)
    body = models.TextField()
    owner = owner_field("saved_replies")
    uses = models.PositiveIntegerField(default=0, editable=False)  # how often it was inserted

    objects = SavedReplyQuerySet.as_manager()

    class Meta(Owned.Meta):
        verbose_name_plural = "saved replies"
        constraints = [
            visible("name", MAX_REPLY_NAME_CHARS),
            visible("body", MAX_TEXT_CHARS),
            *Owned.Meta.constraints,
        ]


class Presence(models.Model):
    """Somebody had a ticket's page open at `seen_at`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences")
    # An account, or a browser window if agents have no accounts.
    viewer = models.CharField(max_length=64)
    name = models.CharField(max_length=MAX_USERNAME_CHARS)
    writing = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "viewer"], name="presence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} on #{self.ticket_id}"


class PendingReply(models.Model):
    """A reply written on a page, which its author may take back until it is sent.

    It waits until `due_at`. Without `due_at` it was taken back. Once it is sent, `comment` is the
    comment that it became. The row is kept for a day, for a form that is sent twice.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="pending_replies")
    # None in the open demo, where agents have no accounts.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    body = models.TextField()
    resolve = models.BooleanField(default=False)  # resolve the ticket when it is sent
    written_at = models.DateTimeField(default=timezone.now, db_index=True)
    due_at = models.DateTimeField(null=True)
    # The versions of the ticket in which its author took it and the reply resolved it, for Undo.
    taken_in = models.PositiveIntegerField(null=True)
    resolved_in = models.PositiveIntegerField(null=True)
    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, null=True)

    objects = PendingReplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "pending replies"
        constraints = [visible("body", MAX_TEXT_CHARS)]

    def __str__(self) -> str:
        return f"reply to #{self.ticket_id}"

    @property
    def is_waiting(self) -> bool:
        return self.due_at is not None and self.comment_id is None


def notification_field(kind: NotificationKind) -> Any:
    """Return the column of the agent's choice about this kind of event."""
    default = NOTIFICATION_DEFAULTS[f"notify_{kind}"]
    return models.CharField(
        max_length=8, choices=NotificationChoice, default=default, db_default=default
    )


class AgentProfile(models.Model):
    """What the desk keeps about an agent's account. An account may have none, see `of`."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="agent_profile",
    )
    # Messages from before count as read.
    unread_from = models.DateTimeField(default=timezone.now)
    # What requesters see instead of the username, and what stands below each reply.
    display_name = models.CharField(
        max_length=MAX_DISPLAY_NAME_CHARS, blank=True, default="", db_default=""
    )
    signature = models.TextField(
        max_length=MAX_SIGNATURE_CHARS, blank=True, default="", db_default=""
    )
    notify_assigned = notification_field(NotificationKind.ASSIGNED)
    notify_answer = notification_field(NotificationKind.ANSWER)
    notify_mention = notification_field(NotificationKind.MENTION)
    notify_unassigned = notification_field(NotificationKind.UNASSIGNED)

    class Meta:
        constraints = [one_of(name, NotificationChoice) for name in NOTIFICATION_DEFAULTS]

    def __str__(self) -> str:
        return f"profile of account {self.user_id}"

    @classmethod
    def of(cls, user: Any) -> AgentProfile:
        """Return the account's profile. One that is not stored yet has the defaults."""
        stored: AgentProfile | None = getattr(user, "agent_profile", None)
        return stored or cls(user=user, unread_from=user.date_joined)

    def choice(self, kind: str) -> str:
        """Return when the agent wants to be told about this NotificationKind."""
        if kind == NotificationKind.LEAVER:
            kind = NotificationKind.UNASSIGNED
        return str(getattr(self, f"notify_{kind}"))


def public_author(comment: Comment) -> str:
    """Return the name that requesters see on an agent's reply; "" if the agent chose none."""
    return AgentProfile.of(comment.author).display_name if comment.author else ""


def signature_below(message: Comment | PendingReply) -> str:
    """Return the signature to show below an agent's public reply; "" for none.

    It is no part of the reply, so it is never there twice. Not even if the agent typed it.
    """
    is_reply = not isinstance(message, Comment) or (
        message.public and message.author_role == AuthorRole.AGENT
    )
    if message.author is None or not is_reply:
        return ""
    signature = AgentProfile.of(message.author).signature
    return "" if message.body.rstrip().endswith(signature) else signature


class TicketRead(models.Model):
    """An account has read a ticket up to `read_at`."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="reads")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reads"
    )
    read_at = models.DateTimeField()

    objects = TicketReadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "account"], name="ticketread_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} by account {self.account_id}"
