"""Snooze a ticket until a time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

MORNING = time(9)
LATER = timedelta(hours=3)
# Python's years are 1 to 9999, also in the zone that is furthest away.
FIRST_MOMENT, LAST_MOMENT = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def showable(moment: datetime) -> datetime:
    """Return the moment. Raise ValidationError if it cannot be shown in every time zone."""
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:
        raise ValidationError("This time cannot be shown in every time zone.")
    return moment


class SnoozeForm(forms.Form):
    """`until` is one of the buttons; "moment" takes the date and time beside it, "now" wakes up.

    `zone` is the browser's time zone, in which mornings and the date are meant; without one it is
    the desk's. Cleans to `snoozed_until`, a time or None.
    """

    PRESETS = (
        ("later", "Later today"),
        ("tomorrow", "Tomorrow morning"),
        ("next_week", "Next week"),
    )

    until = forms.ChoiceField(choices=[*PRESETS, ("moment", ""), ("now", "")])
    moment = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    zone = forms.CharField(required=False, max_length=100)

    def clean_zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.cleaned_data["zone"])
        except (KeyError, ValueError, OSError):  # unknown, or no name of a zone
            return timezone.get_current_timezone()

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        return {"snoozed_until": self._moment(self.cleaned_data["zone"])}

    def _moment(self, zone: tzinfo) -> datetime | None:
        now = timezone.now().astimezone(zone)
        match self.cleaned_data["until"]:
            case "now":
                return None
            case "later":
                return (now + LATER).replace(second=0, microsecond=0)
            case "tomorrow":
                return datetime.combine(now.date() + timedelta(days=1), MORNING, zone)
            case "next_week":
                days = 7 - now.weekday()
                return datetime.combine(now.date() + timedelta(days=days), MORNING, zone)
        chosen: datetime | None = self.cleaned_data["moment"]
        if chosen is None:
            raise ValidationError("Choose a date and a time.")
        moment = chosen.replace(tzinfo=zone)
        if moment <= now:
            raise ValidationError("Choose a time in the future.")
        return showable(moment)
