"""One function per thing a user does, wherever several models, a transaction or triage meet.

Each takes clean values (from `forms/`) and the Actor, who is written into the audit trail.
"""

from .accounts import create_account, create_token, revoke_token
from .changing import WRITABLE, change_by, changing
from .housekeeping import KEYS_KEPT_FOR, database_is_ready, purge
from .learning import learn, rebuild, refit, refit_later
from .ledger import record_shown
from .links import revoke_link, send_link
from .mail import call_off_email, send_again, send_email
from .messages import send_message
from .presence import look, look_away
from .tickets import (
    add_comment,
    add_reply,
    create_ticket,
    create_ticket_once,
    delete_ticket,
    replace_ticket,
    update_ticket,
    update_tickets,
)
from .triage import Opinion, triage_by_model, triage_by_shadow
from .undoing import undo, versions
from .views import MOST_VIEWS, SAME_NAME, delete_view, may_delete, save_view

__all__ = [
    "KEYS_KEPT_FOR",
    "MOST_VIEWS",
    "SAME_NAME",
    "WRITABLE",
    "Opinion",
    "add_comment",
    "add_reply",
    "call_off_email",
    "change_by",
    "changing",
    "create_account",
    "create_ticket",
    "create_ticket_once",
    "create_token",
    "database_is_ready",
    "delete_ticket",
    "delete_view",
    "learn",
    "look",
    "look_away",
    "may_delete",
    "purge",
    "rebuild",
    "record_shown",
    "refit",
    "refit_later",
    "replace_ticket",
    "revoke_link",
    "revoke_token",
    "save_view",
    "send_again",
    "send_email",
    "send_link",
    "send_message",
    "triage_by_model",
    "triage_by_shadow",
    "undo",
    "update_ticket",
    "update_tickets",
    "versions",
]
