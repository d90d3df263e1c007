"""The review queue: tickets with low triage confidence, one at a time, lowest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers

from ...access.actors import actor_of
from ...audit.trail import audit_trail
from ...exceptions import NotFound, StaleVersion, TicketMerged
from ...forms.fields import clean_data
from ...forms.review import QueueForm, ReviewDecision, ReviewForm
from ...models.ticket import Ticket
from ...querysets.cursors import Cursor
from ...querysets.review import skip_cursor
from ...rich_text import render as render_text
from ...rich_text import render_line
from ...services.editing import ReadState
from ...services.tickets import update_ticket
from ...services.triage.shared_state import model_failure
from ...vocabulary import Source
from ...web import wording
from ...web.notices import notify
from .. import audit_text
from ..decorators import Request, page
from ..highlight import evidence_highlights
from ..shortcuts import CATEGORY, CATEGORY_KEYS, HELP, PRIORITY, PRIORITY_KEYS, UNDO, shortcut
from ..ticket_page import set_by
from ..toasts import toast

SHORTCUTS = (
    shortcut("Enter", "accept", "Accept the chosen values and continue"),
    CATEGORY,
    PRIORITY,
    shortcut("j", "skip", "Skip"),
    shortcut("u", "undo", "Undo a decision or a skip, as z does"),
    UNDO,
    HELP,
)
# If one of these changes, the reviewer's decision was about something else.
DEPENDS_ON = frozenset({"title", "description", "status"})
# Each value with its key.
CHOICES = {"category": list(CATEGORY_KEYS.items()), "priority": list(PRIORITY_KEYS.items())}


@page("GET", "POST", agents=True)
def review(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _decide(request, ReviewForm(request.POST).decision())
    query = clean_data(QueueForm(request.GET))
    response = _queue(request, query["after"], query["ticket"])
    if query["ticket"] and request.htmx:  # an Undo brought the ticket back
        response["HX-Replace-Url"] = request.get_full_path()
    return response


def _decide(request: Request, decision: ReviewDecision) -> HttpResponse:
    ticket_id, after = decision.ticket, decision.after
    changes = {"category": decision.category, "priority": decision.priority}
    read = ReadState(decision.version, depends_on=DEPENDS_ON)
    try:
        saved = update_ticket(ticket_id, changes, actor_of(request), read=read).ticket
    except NotFound:
        return _show_next(request, after, f"#{ticket_id} no longer exists. Nothing was saved.")
    except TicketMerged as merged:
        return _show_next(request, after, f"{merged.detail} Nothing was saved.")
    except StaleVersion:
        return _conflict(request, decision)
    category, priority = saved.get_category_display(), saved.get_priority_display()
    return _show_next(request, after, f"#{saved.pk} is {category}, {priority}.", [saved])


def _conflict(request: Request, decision: ReviewDecision) -> HttpResponse:
    """Say what somebody else has done in the meantime. Nothing was saved."""
    newest = Ticket.including_spam.with_people().find(decision.ticket)
    change = audit_text.sentence(audit_text.noteworthy(audit_trail(newest))[-1])
    if Ticket.objects.needing_review().filter(pk=newest.pk).exists():
        message = f"#{newest.pk}: {change} in the meantime. Nothing was saved. Please look again."
        return _queue(request, decision.after, newest.pk, notice=message, decision=decision)
    message = (
        f"#{newest.pk}: {change} in the meantime. It no longer needs review, so your choice was"
        " not saved."
    )
    return _show_next(request, decision.after, message)


def _show_next(
    request: Request, after: Cursor | None, message: str, undo: Collection[Ticket] = ()
) -> HttpResponse:
    """Show the next ticket, and what became of the last one."""
    if not request.htmx:
        notify(request, message, undo)
        return redirect(_address(after))
    response = _queue(request, after)
    response["HX-Replace-Url"] = _address(after)
    return toast(response, message, undo)


def _address(after: Cursor | None) -> str:
    query = f"?{urlencode({'after': after.write()})}" if after else ""
    return resolve_url("review") + query


def _queue(
    request: Request, after: Cursor | None, first: int | None = None, **context: Any
) -> HttpResponse:
    """Show the ticket `first` if it needs review, else the next one behind the cursor."""
    waiting = Ticket.objects.needing_review()
    ticket = waiting.filter(pk=first).lowest_confidence_first().first() if first else None
    ticket = ticket or waiting.lowest_confidence_first(after).first()
    context = {
        "waiting": waiting.count(),
        "after": after.write() if after else "",
        "skipped": after.skipped if after else 0,
        "shortcuts": SHORTCUTS,
        "model_failure": model_failure(),
        **(_card(ticket, after) if ticket else {"any": Ticket.objects.exists()}),
        **context,
    }
    template = "_review" if request.htmx else "review"
    response = render(request, f"tickets/{template}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _decided(ticket: Ticket) -> dict[str, str]:
    """Say who decided category and priority, in the words of the ticket's page."""
    people = ticket.decided_by(Source.HUMAN)
    names = set_by(ticket, audit_trail(ticket)) if people else {}
    return {name: names.get(name) or wording.decision(*ticket.decision(name)) for name in CHOICES}


def _card(ticket: Ticket, after: Cursor | None) -> dict[str, Any]:
    evidence = ticket.evidence(ticket.deciding_predictions())
    quotes = {name: evidence[name].quotes for name in CHOICES if name in evidence}
    return {
        "ticket": ticket,
        "decided": _decided(ticket),
        "evidence": evidence,
        "title": render_line(ticket.title, evidence_highlights(ticket.title, quotes)),
        "text": render_text(ticket.description, evidence_highlights(ticket.description, quotes)),
        "fields": [(name, values, getattr(ticket, name)) for name, values in CHOICES.items()],
        "skip_url": _address(skip_cursor(ticket, after)),
    }
