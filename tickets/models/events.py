"""Events of the audit trail that do not repeat a long text."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from pghistory import trigger


class _SparingTrigger(trigger.Event):
    """Write an empty text if the change left it alone. `querysets/events.py` fills it in."""

    text = "description"

    def get_func(self, model: Any) -> Any:
        new = f'NEW."{self.text}"'
        changed = f"CASE WHEN {new} IS DISTINCT FROM OLD.\"{self.text}\" THEN {new} ELSE '' END"
        whole = super().get_func(model)  # type: ignore[no-untyped-call]
        return pgtrigger.Func(whole.func.replace(new, changed))  # type: ignore[no-untyped-call]


class SparingUpdateEvent(pghistory.UpdateEvent):
    """An event of a changed row, without its description if that is the same as before."""

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _SparingTrigger(  # type: ignore[no-untyped-call]
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                condition=self.condition,
                level=self.level,
            )
        )(event_model.pgh_tracked_model)
