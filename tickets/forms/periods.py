"""The period of a report or a page."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django import forms

from .base import InputForm
from .fields import MomentField


class ReportPeriod(TypedDict):
    """What a ReportForm cleans to. None means no bound."""

    since: datetime | None
    until: datetime | None


class ReportForm(InputForm):
    """The period of a report. An empty bound means no bound."""

    since = MomentField(required=False)
    until = MomentField(required=False)


class PeriodForm(forms.Form):
    """How many days a page looks back. 0 means all."""

    PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (0, "All"))
    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, required=False)

    def clean_days(self) -> int:
        days = self.cleaned_data["days"]
        return 30 if days == "" else days
