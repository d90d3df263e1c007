"""Sign-in, and presence on a ticket."""

from __future__ import annotations

from django import forms

from ..vocabulary import MAX_USERNAME_CHARS, THEMES
from .fields import IdsField, NumberField, PlainTextField, SwitchField


class SignInForm(forms.Form):
    username = PlainTextField(max_length=MAX_USERNAME_CHARS)
    password = forms.CharField(max_length=1000, strip=False)


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=[(theme, theme) for theme in THEMES])


class PresenceForm(forms.Form):
    """What a ticket's open page reports: what it shows, and whether somebody is writing."""

    window = forms.RegexField(r"\A[0-9a-f]{16,32}\Z")
    version = NumberField(min_value=1, max_value=2**31 - 1)
    comment = NumberField(min_value=0, max_value=2**63 - 1)
    replies = IdsField()  # the waiting replies that it shows
    writing = SwitchField(required=False)
    leaving = SwitchField(required=False)
