"""The mailboxes: whose an address is, which fail, and the one that INBOX_URL sets up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from ...mail.addresses import reached_mailbox
from ...models.incoming import Mailbox, MailboxFetch, is_lease_held
from ...vocabulary import MAX_MAILBOX_NAME_CHARS, MailSignIn

# A server that only restarts is no news for anybody.
PATIENCE = timedelta(seconds=20)
# A worker that starts again takes the mailboxes of its own host at once, and waits for others.
PATIENCE_WITH_WORKERS = timedelta(minutes=1)
# A mailbox is looked at every 20 seconds, unless its thread hangs or fetches a great deal.
LONG_AGO = timedelta(minutes=45)
# Where the numbers of its messages count. If one of these changes, all are looked at again.
ORIGIN_FIELDS = ("host", "username", "folder", "fetch_since")


@dataclass(frozen=True, slots=True)
class MailboxTrouble:
    mailbox: Mailbox
    since: datetime
    error: str  # "" if nobody fetches it


def fetchable() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(is_active=True).exclude(host="")


def mailbox_of(address: str) -> Mailbox | None:
    """Return the active mailbox that mail to an address reaches, plus-addresses included."""
    reached = reached_mailbox(address)
    active = Mailbox.objects.filter(is_active=True)
    return next((row for row in active if reached_mailbox(row.address) == reached), None)


def password_of(mailbox: Mailbox) -> str:
    """Return the password. That of INBOX_URL is not stored."""
    is_ours = mailbox.from_environment and settings.INBOX_URL
    return str(settings.INBOX_URL.password if is_ours else mailbox.password)


def secrets_of(mailbox: Mailbox) -> list[str]:
    """Return what no text about the mailbox may contain."""
    secrets = [
        *(password_of(mailbox), mailbox.oauth_client_secret, mailbox.oauth_refresh_token),
        settings.EMAIL_HOST_PASSWORD,
    ]
    return [secret for secret in secrets if secret]


def troubled() -> QuerySet[Mailbox]:
    """Return the mailboxes whose mail does not come in, those that fail longest first."""
    now = Now()
    is_failing = Q(fetch__failing_since__lt=now - PATIENCE)
    has_no_worker = Q(fetch=None) | Q(fetch__lease_until=None)
    has_no_worker |= Q(fetch__lease_until__lt=now - PATIENCE_WITH_WORKERS)
    seen_at = F("fetch__last_success_at")
    hangs = Q(fetch__last_success_at=None) | Q(fetch__last_success_at__lt=now - LONG_AGO)
    rows = fetchable().filter(
        is_failing
        | has_no_worker & Q(created_at__lt=now - PATIENCE_WITH_WORKERS)
        | hangs & Q(created_at__lt=now - LONG_AGO)
    )
    return rows.select_related("fetch").order_by("fetch__failing_since", seen_at, "pk")


def troubles() -> list[MailboxTrouble]:
    """Return what is wrong with the `troubled` mailboxes. One query."""
    now = timezone.now()
    return [_trouble(row, now) for row in troubled()]


def _trouble(mailbox: Mailbox, now: datetime) -> MailboxTrouble:
    fetch = getattr(mailbox, "fetch", None)
    if fetch is None:
        return MailboxTrouble(mailbox, mailbox.created_at, "")
    seen_at = fetch.last_success_at or mailbox.created_at
    # Without a worker, whatever failed before is not the reason.
    if not is_lease_held(fetch, now - PATIENCE_WITH_WORKERS):
        return MailboxTrouble(mailbox, fetch.lease_until or seen_at, "")
    is_failing = fetch.failing_since is not None
    since = fetch.failing_since if is_failing else seen_at
    return MailboxTrouble(mailbox, since, fetch.error if is_failing else "")


def save_mailbox(mailbox: Mailbox, changed: Collection[str]) -> None:
    """Save the mailbox whose `changed` fields were edited, and have it fetched at once."""
    mailbox.save()
    if set(changed).intersection(ORIGIN_FIELDS):
        forget_position(mailbox)
    try_soon(mailbox)


def forget_position(mailbox: Mailbox) -> None:
    """Look at all messages of the folder again. Each is stored only the first time."""
    MailboxFetch.objects.filter(mailbox=mailbox).update(uid_validity=None, last_uid=0)


def try_soon(mailbox: Mailbox) -> None:
    """Fetch without waiting for the time that failures have set."""
    MailboxFetch.objects.filter(mailbox=mailbox).update(next_attempt_at=None)


# --- INBOX_URL --------------------------------------------------------------------------


@transaction.atomic
def apply_environment() -> Mailbox | None:
    """Make the mailbox of INBOX_URL as the variable says. Return it; None if it is not set.

    The one of an earlier value is deactivated, and can then be changed in the back office.
    """
    inbox = settings.INBOX_URL
    address = inbox_address() if inbox else ""
    former = Mailbox.objects.filter(from_environment=True).exclude(address=address)
    former.update(from_environment=False, is_active=False)
    if not inbox:
        return None
    values: dict[str, Any] = {
        **{name: getattr(inbox, name) for name in ("host", "port", "security", "username")},
        "folder": inbox.folder,
        "sign_in": MailSignIn.PASSWORD,
        "password": "",  # nosec B105  # there is none
        "from_environment": True,
        "is_active": True,
    }
    if inbox.has_since:
        values["fetch_since"] = inbox.since
    row = Mailbox.objects.filter(address=address).first()
    if row is None:
        return Mailbox.objects.create(address=address, name=_free_name(address), **values)
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    if changed:
        Mailbox.objects.filter(pk=row.pk).update(**values)
        try_soon(row)
    if changed.intersection(ORIGIN_FIELDS):
        forget_position(row)
    row.refresh_from_db()
    return row


def inbox_address() -> str:
    """Return the address of INBOX_URL's mailbox: as given, its user name, or that of EMAIL_FROM."""
    inbox = settings.INBOX_URL
    address = inbox.address or (inbox.username if "@" in inbox.username else "")
    return address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _free_name(address: str) -> str:
    name = address[:MAX_MAILBOX_NAME_CHARS]
    return name if not Mailbox.objects.filter(name=name).exists() else "INBOX_URL"
