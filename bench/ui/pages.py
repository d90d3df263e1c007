"""The pages and states that are looked at: where each is, who sees it, how it comes about.

Steps find things as people do, by role and label. A step that finds nothing makes its state
count as missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from . import steps
from .steps import Facts

Steps = Callable[[Page, Facts], None]
REFUSED = r"status of 4\d\d"  # the console's note of an answer that belongs to the state
FAILED = r"status of 5\d\d"


@dataclass(frozen=True)
class State:
    name: str
    path: str  # `{ticket}` and the like are replaced by what the desk holds
    who: str = "anyone"
    steps: Steps = steps.nothing
    tolerated: str = ""
    mode: str = "token"

    def address(self, facts: Facts) -> str:
        return self.path.format(**facts)


def agents(name: str, path: str, steps: Steps = steps.nothing, **more: Any) -> State:
    return State(name, path, "agent", steps, **more)


PUBLIC = [
    State("submit", "/"),
    State("submit-typing", "/", steps=steps.keep_typing),
    State("submit-thinking", "/", steps=steps.ask_without_answer),
    State("submit-suggested", "/", steps=steps.wait_for_suggestion),
    State("submit-overridden", "/", steps=steps.override),
    State("submit-unavailable", "/", steps=steps.ask_in_vain, tolerated=FAILED),
    State("submit-errors", "/", steps=steps.send_nothing, tolerated=REFUSED),
    State("submit-open", "/", mode="open"),
    State("track-new", "/", steps=steps.send),
    State("track", "{track}"),
    State("track-done", "{track_done}"),
    State("track-errors", "{track}", steps=steps.reply_nothing, tolerated=REFUSED),
    State("sign-in", "/sign-in/"),
    State("sign-in-error", "/sign-in/", steps=steps.sign_in_wrongly, tolerated=REFUSED),
    State("error-403", "/", steps=steps.send_without_cookies, tolerated=REFUSED),
    State("error-404", "/nothing", tolerated=REFUSED),
    State("error-429", "/sign-in/", steps=steps.get_locked_out, tolerated=REFUSED),
    State("error-503", "/t/AAAAAAAAAAAAAAAAAAAAAA/", tolerated=FAILED, mode="down"),
    State("api-docs", "/api/docs/"),
]
WORKPLACE = [
    agents("submit-similar", "/", steps.find_similar),
    agents("list", "/tickets/"),
    agents("list-open", "/tickets/", mode="open"),
    agents("list-filtered", "/tickets/?status=open&category=billing&created_after=2020-01-01"),
    agents("list-searched", "/tickets/?search=invoice"),
    agents("list-empty", "/tickets/?search=zebra+quagga"),
    agents("list-refused", "/tickets/?status=lost", tolerated=REFUSED),
    agents("list-deep", "/tickets/", steps.next_page),
    agents("list-selected", "/tickets/", steps.select_rows),
    agents("list-toast", "/tickets/?status=open", steps.close_first),
    agents("list-keys", "/tickets/", steps.ask_for_keys),
    agents("list-news", "/tickets/", steps.hear_news),
    agents("ticket", "/tickets/{ticket}/"),
    agents("ticket-toast", "/tickets/{spare[0]}/", steps.close_ticket),
    agents("ticket-edit", "/tickets/{ticket}/", steps.open_edit),
    agents("ticket-stale", "/tickets/{spare[1]}/", steps.save_stale, tolerated=REFUSED),
    agents("ticket-errors", "/tickets/{ticket}/", steps.reply_nothing, tolerated=REFUSED),
    agents("ticket-keys", "/tickets/{ticket}/", steps.ask_for_keys),
    agents("review", "/tickets/review/"),
    agents("review-keys", "/tickets/review/", steps.ask_for_keys),
    agents("dashboard", "/dashboard/"),
    agents("dashboard-period", "/dashboard/", steps.choose_period),
    agents("dashboard-table", "/dashboard/", steps.open_tables),
    agents("triage", "/dashboard/triage/"),
    agents("triage-tables", "/dashboard/triage/?days=0", steps.open_tables),
]
STATES = [*PUBLIC, *WORKPLACE]

# What comes over the wire of a page on a first visit: kilobytes, requests.
WEIGHTS: dict[str, tuple[float, int | None]] = {
    "submit": (40, 8),
    "list": (45, None),
    "dashboard": (15, None),
}
# Which pages Lighthouse sees; search engines see the first alone.
LIGHTHOUSE = ("submit", "track", "sign-in", "list", "ticket", "review", "dashboard", "triage")


def wanted(states: list[State], names: list[str]) -> list[State]:
    """The states of these pages: `list` stands for `list-empty` as well. None: all."""
    if not names:
        return states
    return [
        state
        for state in states
        if any(state.name == name or state.name.startswith(f"{name}-") for name in names)
    ]


def named(states: list[State], names: tuple[str, ...] | dict[str, Any]) -> list[State]:
    return [state for state in states if state.name in names]
