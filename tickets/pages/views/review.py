"""The review queue: tickets of which triage is unsure, one at a time, the least sure first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers

from tickets import services
from tickets.access import Actor, actor_of
from tickets.exceptions import NotFound, StaleVersion
from tickets.forms import QueueForm, ReviewForm, valid
from tickets.models import Category, LearnedField, Priority, Ticket
from tickets.pages import history
from tickets.pages.decorators import Request, page
from tickets.pages.keys import keys_of
from tickets.pages.marks import marked
from tickets.pages.templatetags.desk import label
from tickets.pages.toasts import note, toast
from tickets.querysets import ReviewPlace, place_behind

KEYS = keys_of(
    ("Enter", "Accept what is chosen, and go on"),
    ("b t a g", "Billing, technical, account, general"),
    ("1 2 3 4", "Priority from low to critical"),
    ("j", "Skip"),
    ("u", "Undo, as z does; a skip as well"),
)
# A decision about these is another one where they have changed meanwhile.
READ = {"title", "description", "status"}
CHOICES = {
    "category": [(value, value[0]) for value in Category.values],
    "priority": [(value, str(place)) for place, value in enumerate(Priority.values, 1)],
}


@page("GET", "POST", agents=True)
def review(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _decide(request, valid(ReviewForm(request.POST)))
    asked = valid(QueueForm(request.GET))
    response = _show(request, asked["after"], asked["ticket"])
    if asked["ticket"] and request.htmx:  # brought back by Undo
        response["HX-Replace-Url"] = request.get_full_path()
    return response


def _decide(request: Request, sent: dict[str, Any]) -> HttpResponse:
    ticket_id, place = sent["ticket"], sent["after"]
    try:
        saved = _save(sent, actor_of(request))
    except NotFound:
        return _go_on(request, place, f"#{ticket_id} is gone; nothing was saved.")
    except StaleVersion:
        return _meanwhile(request, sent)
    words = f"#{saved.pk} is {label(saved.category)}, {label(saved.priority)}."
    return _go_on(request, place, words, [saved])


def _save(sent: dict[str, Any], actor: Actor) -> Ticket:
    """Save over a newer version as long as nobody has changed what the decision rests on."""
    changes = {name: sent[name] for name in LearnedField.values}
    version = sent["version"]
    while True:
        try:
            return services.update_ticket(sent["ticket"], changes, actor, version=version)
        except StaleVersion:
            newest = Ticket.objects.find(sent["ticket"])
            if newest.version <= version or _is_another(newest, actor, sent["version"]):
                raise
            version = newest.version


def _is_another(newest: Ticket, actor: Actor, version: int) -> bool:
    """Whether what was read has changed since; one's own earlier decision gives way."""
    decided = newest.set_by_others(version, actor.account, triage=True)
    read = newest.set_by_others(version, None)
    return bool(decided & set(LearnedField.values) or read & READ)


def _meanwhile(request: Request, sent: dict[str, Any]) -> HttpResponse:
    """Somebody else was faster: tell who did what, and save nothing."""
    newest = Ticket.objects.with_people().find(sent["ticket"])
    last = newest.history()[-1]
    did = f"{history.actor_name(last)} {', '.join(history.sentences(last))} meanwhile."
    if Ticket.objects.needing_review().filter(pk=newest.pk).exists():
        words = f"#{newest.pk}: {did} Please look again; nothing was saved."
        return _show(request, sent["after"], newest.pk, notice=words, staged=sent)
    words = f"#{newest.pk}: {did} It needs no review any more; your choice was not saved."
    return _go_on(request, sent["after"], words)


def _go_on(
    request: Request, place: ReviewPlace | None, words: str, undo: list[Ticket] | None = None
) -> HttpResponse:
    """The next ticket, and what became of the one before."""
    address = _address(place)
    if not request.htmx:
        note(request, words, undo or [])
        return redirect(address)
    response = _show(request, place)
    response["HX-Replace-Url"] = address
    return toast(response, words, undo or [])


def _address(place: ReviewPlace | None) -> str:
    query = {"after": place.write()} if place else {}
    return resolve_url("review") + (f"?{urlencode(query)}" if query else "")


def _show(
    request: Request, place: ReviewPlace | None, first: int | None = None, **more: Any
) -> HttpResponse:
    """The ticket `first` where it waits, else the next one behind the place."""
    waiting = Ticket.objects.needing_review()
    ticket = waiting.filter(pk=first).least_sure_first().first() if first else None
    ticket = ticket or waiting.least_sure_first(place).first()
    context = {
        "waiting": waiting.count(),
        "after": place.write() if place else "",
        "skipped": place.skipped if place else 0,
        "keys": KEYS,
        **(_card(ticket, place) if ticket else {"any": Ticket.objects.exists()}),
        **more,
    }
    name = "_review" if request.htmx else "review"
    response = render(request, f"tickets/{name}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _card(ticket: Ticket, place: ReviewPlace | None) -> dict[str, Any]:
    reasons = ticket.reasons()
    words = {name: reasons.get(name, []) for name in CHOICES}
    return {
        "ticket": ticket,
        "reasons": reasons,
        "title": marked(ticket.title, words),
        "text": marked(ticket.description, words),
        "fields": [(name, values, getattr(ticket, name)) for name, values in CHOICES.items()],
        "skip_url": _address(place_behind(ticket, place)),
    }
