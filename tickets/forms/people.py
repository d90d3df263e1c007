"""Who signs in, and who is at a ticket just now."""

from __future__ import annotations

from django import forms

from .fields import NumberField, PlainTextField, SwitchField


class SignInForm(forms.Form):
    username = PlainTextField(max_length=150)
    password = forms.CharField(max_length=1000, strip=False)


class PresenceForm(forms.Form):
    """What a ticket's open page tells now and then: what it shows, and whether somebody writes."""

    window = forms.RegexField(r"\A[0-9a-f]{16,32}\Z")
    version = NumberField(min_value=1, max_value=2**31 - 1)
    comment = NumberField(min_value=0, max_value=2**63 - 1)
    writing = SwitchField(required=False)
    leaving = SwitchField(required=False)
