"""The pages and states that are checked: their path, their user, and the steps that lead to them.

Steps find elements as people do, by role and label. If a step does not find its element, the state
counts as missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from . import steps
from .steps import Facts

Steps = Callable[[Page, Facts], None]
CLIENT_ERROR = r"status of 4\d\d"  # console messages that belong to the state
SERVER_ERROR = r"status of 5\d\d"


@dataclass(frozen=True)
class State:
    name: str
    path: str  # {ticket} and the like are replaced by the desk's facts
    user: str = "anyone"
    steps: Steps = steps.nothing
    expected_problems: str = ""  # a pattern
    mode: str = "token"

    def address(self, facts: Facts) -> str:
        return self.path.format(**facts)


def agent_state(name: str, path: str, steps: Steps = steps.nothing, **more: Any) -> State:
    return State(name, path, "agent", steps, **more)


PUBLIC = [
    State("submit", "/"),
    State("submit-typing", "/", steps=steps.keep_typing),
    State("submit-thinking", "/", steps=steps.wait_without_suggestion),
    State("submit-suggested", "/", steps=steps.wait_for_suggestion),
    State("submit-overridden", "/", steps=steps.override),
    State("submit-unavailable", "/", steps=steps.fail_to_suggest, expected_problems=SERVER_ERROR),
    State("submit-no-clue", "/", steps=steps.write_no_clue),
    State("submit-title", "/", steps=steps.offer_title),
    State("submit-links", "/", steps=steps.open_links),
    State("submit-languages", "/", steps=steps.open_languages),
    State("submit-german", "/", steps=steps.choose_german),
    State("submit-errors", "/", steps=steps.send_empty_form, expected_problems=CLIENT_ERROR),
    State("submit-files", "/", steps=steps.choose_files),
    State("submit-open", "/", mode="open"),
    State("requester-new", "/", steps=steps.create_ticket),
    State("requester", "{requester}"),
    State("requester-done", "{requester_done}"),
    State("requester-files", "{requester_mailed}"),
    State("requester-closing", "{requester}", steps=steps.open_closing),
    State("requester-german", "/", steps=steps.create_german_ticket),
    State("requester-dead", "/t/AAAAAAAAAAAAAAAAAAAAAA/", expected_problems=CLIENT_ERROR),
    State("requester-confirm", "/confirm/expired/", expected_problems=CLIENT_ERROR),
    State("links", "/links/"),
    State("links-sent", "/links/sent/"),
    State(
        "requester-errors",
        "{requester}",
        steps=steps.send_empty_reply,
        expected_problems=CLIENT_ERROR,
    ),
    State("sign-in", "/sign-in/"),
    State("invitation", "{invitation}"),
    State("second-step", "/sign-in/second/", steps=steps.type_password_of_fay),
    State("forgotten", "/forgotten/"),
    State("reset-sent", "/forgotten/sent/"),
    State("reset", "{reset}"),
    State(
        "sign-in-error", "/sign-in/", steps=steps.fail_to_sign_in, expected_problems=CLIENT_ERROR
    ),
    State("error-403", "/", steps=steps.send_without_cookies, expected_problems=CLIENT_ERROR),
    State("error-404", "/nothing", expected_problems=CLIENT_ERROR),
    State("error-429", "/sign-in/", steps=steps.lock_account, expected_problems=CLIENT_ERROR),
    State("error-503", "/t/AAAAAAAAAAAAAAAAAAAAAA/", expected_problems=SERVER_ERROR, mode="down"),
    State("api-docs", "/api/docs/"),
]
AGENT_PAGES = [
    agent_state("submit-similar", "/", steps.find_similar),
    agent_state("list", "/tickets/"),
    agent_state("replies", "/replies/"),
    agent_state("reply", "/replies/1/"),
    agent_state("ticket-replies", "/tickets/{ticket}/", steps.open_saved_replies),
    agent_state("list-open", "/tickets/", mode="open"),
    agent_state("list-filtered", "/tickets/?status=open&category=billing&created_after=2020-01-01"),
    agent_state("list-searched", "/tickets/?search=invoice"),
    agent_state("list-empty", "/tickets/?search=zebra+quagga"),
    agent_state("list-all", "/tickets/?sort=newest"),
    agent_state("list-unknown", "/tickets/?search=label:x"),
    agent_state("list-refused", "/tickets/?status=lost", expected_problems=CLIENT_ERROR),
    agent_state("list-deep", "/tickets/?sort=newest", steps.next_page),
    agent_state("list-export", "/tickets/", steps.open_export),
    agent_state("list-selected", "/tickets/", steps.select_rows),
    agent_state("list-toast", "/tickets/?status=open", steps.close_first),
    agent_state("list-keys", "/tickets/", steps.open_shortcuts),
    agent_state("list-spam", "/tickets/?spam=true"),
    agent_state("list-menu", "/tickets/", steps.open_menu),
    agent_state("list-news", "/tickets/", steps.wait_for_new_tickets),
    agent_state("ticket", "/tickets/{ticket}/"),
    agent_state("ticket-mail", "/tickets/{mailed}/", steps.open_mail),
    agent_state("ticket-files", "/tickets/{ticket}/", steps.choose_files),
    agent_state("ticket-note", "/tickets/{ticket}/", steps.write_note),
    agent_state("ticket-snooze", "/tickets/{ticket}/", steps.open_snooze),
    agent_state("ticket-toast", "/tickets/{spare[0]}/", steps.close_ticket),
    agent_state("merge", "/tickets/{ticket}/merge/"),
    agent_state("redact", "/tickets/{ticket}/redact/"),
    agent_state("ticket-spam", "/tickets/{spare[0]}/", steps.mark_spam),
    agent_state("ticket-edit", "/tickets/{ticket}/", steps.open_edit),
    agent_state(
        "ticket-stale", "/tickets/{spare[1]}/", steps.save_stale, expected_problems=CLIENT_ERROR
    ),
    agent_state(
        "ticket-errors",
        "/tickets/{ticket}/",
        steps.send_empty_reply,
        expected_problems=CLIENT_ERROR,
    ),
    agent_state("ticket-keys", "/tickets/{ticket}/", steps.open_shortcuts),
    agent_state("held", "/tickets/held/", steps.open_discarded),
    agent_state("review", "/tickets/review/"),
    agent_state("review-keys", "/tickets/review/", steps.open_shortcuts),
    agent_state("dashboard", "/dashboard/"),
    agent_state("dashboard-period", "/dashboard/", steps.choose_period),
    agent_state("dashboard-table", "/dashboard/", steps.open_tables),
    agent_state("triage", "/dashboard/triage/"),
    agent_state("triage-tables", "/dashboard/triage/?days=0", steps.open_tables),
    agent_state("account", "/account/"),
    agent_state("account-password", "/account/password/"),
    agent_state("account-factors", "/account/second-factor/"),
    agent_state("account-app", "/account/second-factor/app/"),
    agent_state("account-passkey", "/account/second-factor/passkey/"),
    agent_state("account-provider", "/account/provider/"),
    agent_state("account-sessions", "/account/sessions/"),
    agent_state("account-tokens", "/account/tokens/"),
    agent_state("account-confirm", "/account/confirm/"),
    agent_state(
        "account-errors",
        "/account/",
        steps.save_wrong_address,
        expected_problems=CLIENT_ERROR,
    ),
]
STATES = [*PUBLIC, *AGENT_PAGES]

# The limits of a first visit: kilobytes over the wire, and requests.
TRANSFER_LIMITS: dict[str, tuple[float, int | None]] = {
    "submit": (40, 8),
    "list": (45, None),
    "list-all": (45, None),  # always 50 rows
    "dashboard": (15, None),
}
# The pages that Lighthouse checks. Search engines see only the first one.
LIGHTHOUSE = ("submit", "requester", "sign-in", "list", "ticket", "review", "dashboard", "triage")


def select_states(states: list[State], names: list[str]) -> list[State]:
    """Return the states of these pages; "list" includes "list-empty". Without names, return all."""
    if not names:
        return states
    return [
        state
        for state in states
        if any(state.name == name or state.name.startswith(f"{name}-") for name in names)
    ]
