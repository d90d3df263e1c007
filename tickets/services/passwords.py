"""Passwords of accounts: changed by their owners, and reset by mail when they are forgotten."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from procrastinate.contrib.django import app

from ..access import security_log
from ..mail.addresses import reached_mailbox
from ..models.housekeeping import Counter
from ..models.private_link import digest
from ..vocabulary import MAX_RESET_MAILS_PER_HOUR, SecurityEvent
from .jobs import defer
from .mail import outbox

HOUR = 3600  # seconds


def change_password(user: User, password: str) -> None:
    """Store a new password, which ends every session of the account."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
    security_log.note(SecurityEvent.PASSWORD_CHANGED, user.get_username())


def request_reset(address: str) -> None:
    """Email the accounts of an address a link that sets their password, a few times an hour.

    As with private links, neither the answer nor its time may tell whether there is an account.
    So a job is queued for every address, and it does nothing without one.
    """
    accounts = User.objects.filter(email__iexact=address, is_active=True).order_by("pk")
    chosen = [user.pk for user in accounts[:10] if user.has_usable_password()]
    name = f"reset:{digest(reached_mailbox(address))}"
    wait = Counter.objects.hit(name, limit=MAX_RESET_MAILS_PER_HOUR, seconds=HOUR)
    defer(send_resets, account_ids=[] if wait else chosen)
    security_log.note(SecurityEvent.RESET_REQUESTED)


@app.task(queue="mail")
def send_resets(account_ids: list[int]) -> None:
    """Queue the emails with the links."""
    for user in User.objects.filter(pk__in=account_ids, is_active=True):
        with transaction.atomic():
            outbox.reset_requested(user)
