"""Mail that comes in: the mailboxes, and each message as it came."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ..querysets.incoming import InboundQuerySet
from ..vocabulary import (
    MAX_EMAIL_CHARS,
    MAX_MAILBOX_NAME_CHARS,
    MAX_MESSAGE_ID_CHARS,
    AfterFetch,
    InboundKind,
    InboundState,
    MailSecurity,
    MailSignIn,
    Sender,
    ThreadRule,
    Verified,
)
from .constraints import one_of
from .encrypted import EncryptedField
from .mail import MAX_ERROR_CHARS
from .participants import MAX_SENDER_NAME_CHARS
from .ticket import Comment, Ticket

FILE_NOTE = "The file "  # how a sentence begins that names a file which is not on the ticket
# How the headers of a message begin whose text the mail server did not hand out.
NOT_HANDED_OUT = b"Desk-Not-Handed-Out: yes\r\n"
MAX_SUBJECT_CHARS = 998


def yesterday() -> datetime:
    """Return from when on a new mailbox is fetched: a day ago, so that none is lost meanwhile."""
    return timezone.now() - timedelta(days=1)


class Mailbox(models.Model):
    """An address of the desk that people write to, and how to fetch its mail by IMAP.

    Without a `host`, its mail comes by another way: a pipe, the API or LMTP. A mailbox that got
    messages is deactivated, not deleted, because they belong to it.
    """

    name = models.CharField(max_length=MAX_MAILBOX_NAME_CHARS, unique=True)
    address = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    # INBOX_URL describes it, and its password is not stored.
    from_environment = models.BooleanField(default=False, editable=False)
    # Its server delivers mail for name+anything@ to name@, so that Reply-To can carry a signature.
    plus_addresses = models.BooleanField(default=True)
    # The server whose Authentication-Results are believed. Empty: none.
    authserv_id = models.CharField(max_length=255, blank=True)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, choices=MailSecurity, default=MailSecurity.TLS)
    username = models.CharField(max_length=255, blank=True)
    sign_in = models.CharField(max_length=10, choices=MailSignIn, default=MailSignIn.PASSWORD)
    password = EncryptedField(blank=True)
    # OAuth 2.0: where an access token is issued, and for what. With a refresh token it stands for
    # a person's consent, without one for the client itself.
    oauth_token_url = models.URLField(blank=True)
    oauth_client_id = models.CharField(max_length=255, blank=True)
    oauth_scope = models.CharField(max_length=500, blank=True)
    oauth_client_secret = EncryptedField(blank=True)
    oauth_refresh_token = EncryptedField(blank=True)
    folder = models.CharField(max_length=255, default="INBOX")
    after_fetch = models.CharField(max_length=10, choices=AfterFetch, default=AfterFetch.FLAG)
    move_to = models.CharField(max_length=255, blank=True)
    # Of what is in the folder when the desk first looks, older messages are left there. None: all
    # are taken.
    fetch_since = models.DateTimeField(null=True, blank=True, default=yesterday)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "mailboxes"
        constraints = [
            one_of("security", MailSecurity),
            one_of("sign_in", MailSignIn),
            one_of("after_fetch", AfterFetch),
            models.CheckConstraint(
                condition=~Q(after_fetch=AfterFetch.MOVE) | ~Q(move_to=""),
                name="mailbox_moves_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MailboxFetch(models.Model):
    """How far a mailbox has been fetched, who fetches it now, and how that went.

    The lease is a row, not a lock of the connection, so that it holds behind a pooler as well.
    """

    mailbox = models.OneToOneField(
        Mailbox, on_delete=models.CASCADE, primary_key=True, related_name="fetch"
    )
    # The last UID that was stored counts in this folder, as long as its UIDVALIDITY stays.
    folder = models.CharField(max_length=255, blank=True)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    # Messages below it were in the folder when this counting began.
    first_new_uid = models.BigIntegerField(default=0, db_default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    # Since the last success.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=MAX_ERROR_CHARS, blank=True)

    def __str__(self) -> str:
        return f"{self.mailbox_id}: {self.folder} up to {self.last_uid}"


class InboundMessage(models.Model):
    """A message as it came, stored before anything is read of it.

    `comment` is the public reply or the note that it became. A message that opened its `ticket`
    has none, and the rule "new". A held, automatic or bounced message is shown on its ticket
    without being part of the conversation.
    """

    # None for what came by a way that names no mailbox.
    mailbox = models.ForeignKey(
        Mailbox, on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )
    sha256 = models.CharField(max_length=64, editable=False)
    # With its angle brackets. Made from the hash if the message has none.
    message_id = models.CharField(max_length=MAX_MESSAGE_ID_CHARS, blank=True)
    # Emptied once nobody needs it. Only the headers, if the message was too large to fetch.
    raw = models.BinaryField()
    is_complete = models.BooleanField(default=True)
    # "" is the null return path; None means that nobody told.
    envelope_from = models.CharField(  # noqa: DJ001
        max_length=MAX_EMAIL_CHARS, null=True, blank=True
    )
    envelope_to = ArrayField(models.CharField(max_length=MAX_EMAIL_CHARS), default=list)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=InboundState, default=InboundState.STORED)
    error = models.CharField(max_length=MAX_ERROR_CHARS, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    # What reading it gave. Empty until then.
    sender_address = models.CharField(max_length=MAX_EMAIL_CHARS, blank=True)
    sender_name = models.CharField(max_length=MAX_SENDER_NAME_CHARS, blank=True)
    subject = models.CharField(max_length=MAX_SUBJECT_CHARS, blank=True)
    text = models.TextField(blank=True)
    # What the display folds in `text`: pairs of positions, in order.
    folds = models.JSONField(default=list)
    kind = models.CharField(max_length=10, choices=InboundKind, blank=True)
    rule = models.CharField(max_length=12, choices=ThreadRule, blank=True)
    sender = models.CharField(max_length=11, choices=Sender, blank=True)
    verified = models.CharField(max_length=12, choices=Verified, blank=True)
    # Why, in plain sentences; shown to agents.
    explanation = ArrayField(models.TextField(), default=list)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    comment = models.OneToOneField(
        Comment, on_delete=models.SET_NULL, null=True, blank=True, related_name="message"
    )

    objects = InboundQuerySet.as_manager()

    class Meta:
        verbose_name = "incoming message"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "sha256"], nulls_distinct=False, name="message_once"
            ),
            one_of("state", InboundState),
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=InboundKind.values),
                name="inboundmessage_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(rule="") | Q(rule__in=ThreadRule.values),
                name="inboundmessage_rule_known",
            ),
            models.CheckConstraint(
                condition=Q(sender="") | Q(sender__in=Sender.values),
                name="inboundmessage_sender_known",
            ),
            models.CheckConstraint(
                condition=Q(verified="") | Q(verified__in=Verified.values),
                name="inboundmessage_verified_known",
            ),
        ]
        indexes = [
            models.Index(fields=["message_id"], name="message_by_id"),
            models.Index(
                fields=["received_at"],
                condition=~Q(state__in=[InboundState.HANDLED, InboundState.IGNORED]),
                name="message_to_act_on",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id or f"message {self.pk}"

    @property
    def file_notes(self) -> list[str]:
        """The sentences of the explanation about files that are not on the ticket."""
        return [each for each in self.explanation if each.startswith(FILE_NOTE)]

    @property
    def without_file_notes(self) -> list[str]:
        """The other sentences of the explanation."""
        return [each for each in self.explanation if not each.startswith(FILE_NOTE)]

    @property
    def opened_ticket(self) -> bool:
        """Return whether its text is the description that its ticket began with."""
        return self.rule == ThreadRule.NEW and self.ticket_id is not None

    @property
    def is_in_conversation(self) -> bool:
        """Return whether it opened a ticket or became a comment, which may be deleted since."""
        was_joined = self.kind == InboundKind.WRITTEN and self.state == InboundState.HANDLED
        return self.rule == ThreadRule.NEW or self.comment_id is not None or was_joined

    @property
    def is_undecided(self) -> bool:
        """Return whether an agent may still decide about it.

        An automatic message that a person wrote after all can be added to the conversation, and
        what was discarded can be taken back. Each of these has an explanation, until it is emptied.
        """
        was_left_out = self.state in (InboundState.HELD, InboundState.DISCARDED)
        is_automatic = self.kind == InboundKind.AUTOMATIC and self.state == InboundState.HANDLED
        is_elsewhere = self.comment_id is not None or self.opened_ticket
        return bool(self.explanation) and (was_left_out or (is_automatic and not is_elsewhere))


def digest_of(raw: bytes) -> str:
    """Return the hexadecimal SHA-256 of a raw message."""
    return hashlib.sha256(raw).hexdigest()


def is_lease_held(fetch: MailboxFetch, now: datetime) -> bool:
    return fetch.lease_until is not None and fetch.lease_until > now
