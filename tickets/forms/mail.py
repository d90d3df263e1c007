"""Messages that came by mail, and those who take part in tickets."""

from __future__ import annotations

from django import forms
from django.db.models.enums import TextChoices

from ..vocabulary import MAX_EMAIL_CHARS, MAX_MAILBOX_NAME_CHARS
from .base import InputForm
from .fields import EmailField, EnumerationField, ListField, NumberField, PlainTextField


class Decision(TextChoices):
    """What an agent decides about a message that is no part of the conversation."""

    ACCEPT = "accept"
    OPEN = "open"
    DISCARD = "discard"


class DecisionForm(forms.Form):
    decision = EnumerationField(choices=Decision)


class ParticipantAction(TextChoices):
    TICK = "tick"
    UNTICK = "untick"
    REMOVE = "remove"


class NewParticipantForm(forms.Form):
    address = EmailField(max_length=MAX_EMAIL_CHARS, label="Email address")


class ParticipantForm(forms.Form):
    participant = NumberField(min_value=1, max_value=2**63 - 1)
    action = EnumerationField(choices=ParticipantAction)


class DeliveryForm(InputForm):
    """How a message came: to which mailbox, and what its envelope said."""

    mailbox = PlainTextField(max_length=MAX_MAILBOX_NAME_CHARS, required=False)
    # Given and empty: the null return path.
    envelope_from = PlainTextField(max_length=MAX_EMAIL_CHARS, required=False)
    envelope_to = ListField()


class BouncedAddressForm(forms.Form):
    """An address that mail is sent to again."""

    address = EmailField(max_length=MAX_EMAIL_CHARS)
