"""The time that a report or a page is about."""

from __future__ import annotations

from django import forms

from .fields import MomentField


class ReportForm(forms.Form):
    """The time that a report is about; an empty bound is none."""

    since = MomentField(required=False)
    until = MomentField(required=False)


class PeriodForm(forms.Form):
    """How many days back a page looks; 0 is all of the past."""

    PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (0, "All"))
    days = forms.TypedChoiceField(choices=PERIODS, coerce=int, required=False)

    def clean_days(self) -> int:
        days = self.cleaned_data["days"]
        return 30 if days == "" else days
