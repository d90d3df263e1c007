"""One ticket: its conversation, its properties, and how it came to be so."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from tickets import services
from tickets.access import Actor, actor_of
from tickets.exceptions import InvalidInput, StaleVersion
from tickets.forms import ENUMERATIONS, MessageForm, TicketForm
from tickets.models import Comment, Ticket
from tickets.pages import history, ticket_page
from tickets.pages.addresses import own_path
from tickets.pages.decorators import Request, page
from tickets.pages.templatetags.desk import label
from tickets.pages.toasts import note, toast
from tickets.pages.views.ticket_list import choices
from tickets.querysets import HistoryEntry, news_of

EDITED = ("title", "description")


@page("GET", "POST", agents=True)
def ticket(request: Request, ticket_id: int) -> HttpResponse:
    found = Ticket.objects.with_people().find(ticket_id)
    if request.method == "POST":
        return _change(request, found)
    return _show(request, found)


@page("POST", agents=True)
def comments(request: Request, ticket_id: int) -> HttpResponse:
    found = Ticket.objects.with_people().find(ticket_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _show(request, found, status=_status(request, 400), comment_form=form)
    data, key = form.cleaned_data, form.cleaned_data["form_key"] or secrets.token_hex()
    comment, resolved = services.send_message(found, data, actor_of(request), key)
    words = _sent(comment, resolved=data["resolve"])
    undo = [resolved] if resolved else []
    if request.htmx:
        response = _show(request, Ticket.objects.with_people().find(found.pk))
        return _stored(toast(response, words, undo), "composer")
    note(request, words, undo)
    return redirect(f"{found.get_absolute_url()}#comment-{comment.pk}")


def _sent(comment: Comment, *, resolved: bool) -> str:
    if not comment.public:
        return "The note was added."
    if not comment.ticket.link_digest:
        return "Your reply was stored, but reaches nobody while the private link is revoked."
    if resolved:
        return "Your reply was sent, and the ticket is resolved. Undo opens it again."
    return "Your reply was sent."


def _stored(response: HttpResponse, form: str) -> HttpResponse:
    """Only by this may a page forget what was typed into the form."""
    return trigger_client_event(response, "stored", {"form": form})


def _change(request: Request, found: Ticket) -> HttpResponse:
    sent = set(TicketForm.base_fields) & set(request.POST)
    if not sent:
        raise InvalidInput("Nothing was sent that could be changed.")
    form = TicketForm(request.POST, only=sent)
    if not form.is_valid():
        return _show(request, found, status=_status(request, 400), edit_form=form)
    version = _version(request)
    changes = _own(found, form.cleaned_data, version)
    try:
        saved, made = _save(found, changes, actor_of(request), version)
    except StaleVersion:
        return _conflict(request, Ticket.objects.with_people().find(found.pk), form, version)
    # A value that was so already made no version that could be taken back.
    response = _changed(request, saved, _done(saved, sent), undo=[saved] if made else [])
    return _stored(response, "edit") if sent & set(EDITED) else response


def _own(found: Ticket, sent: Mapping[str, Any], version: int) -> dict[str, Any]:
    """What was really changed: the form of the texts sends both, and somebody else may have
    changed the one that was left as it was read."""
    read = found.record_of(version)
    return {
        name: value
        for name, value in sent.items()
        if read is None or name not in EDITED or value != getattr(read, name)
    }


def _save(
    found: Ticket, changes: Mapping[str, Any], actor: Actor, version: int
) -> tuple[Ticket, bool]:
    """Save over a newer version as long as nobody else has set the same values since; what triage
    decided meanwhile gives way, and so does what the same person chose before.

    Returns the ticket, and whether this made a new version of it.
    """
    if not 1 <= version <= found.version:
        raise StaleVersion  # the ticket never had it, so nobody can have read it
    present = version
    while True:
        try:
            saved = services.update_ticket(found.pk, changes, actor, version=present)
            return saved, saved.version > present
        except StaleVersion:
            newest = Ticket.objects.with_people().find(found.pk)
            if newest.version == present or _contested(newest, changes, actor, version):
                raise
            present = newest.version


def _contested(newest: Ticket, changes: Mapping[str, Any], actor: Actor, version: int) -> set[str]:
    """Which of these values somebody else has set since; and which texts anybody has, the same
    person in another window included, unless they are the same."""
    others = newest.set_by_others(version, actor.account)
    texts = {name for name in EDITED if changes.get(name) != getattr(newest, name)}
    anybody = newest.set_by_others(version, None) & texts
    return set(changes) & (others - set(EDITED) | anybody)


def _version(request: Request) -> int:
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise InvalidInput(errors={"version": ["Send the version that you read."]})
    return int(version)


def _conflict(request: Request, newest: Ticket, form: TicketForm, version: int) -> HttpResponse:
    """Somebody else was faster: tell what changed and keep what was typed."""
    if _is_row(request):
        return _row(request, newest, f"#{newest.pk} has changed meanwhile. Look, and choose again.")
    changes = newest.changes_since(version)
    own = _own(newest, form.cleaned_data, version)
    contested = _contested(newest, own, actor_of(request), version)
    fields = [name for name in form.fields if name in contested]
    stale = []
    for name in fields:
        present = str(getattr(newest, name) or "")
        old, new = changes.get(name, (present, present))  # or it was confirmed
        words = {"old": old, "new": new, "yours": form.data.get(name)}
        stale.append({"name": name} | {key: _words(name, value) for key, value in words.items()})
    newer = {name: getattr(newest, name) for name in EDITED if name not in own}
    form = TicketForm(request.POST.dict() | newer, only=set(form.fields))
    actor = actor_of(request)
    told = [entry for entry in news_of(newest, version) if _names(entry) & set(form.fields)]
    return _show(
        request,
        newest,
        status=_status(request, 409),
        edit_form=form if set(EDITED) & set(form.fields) else None,
        stale=stale,
        stale_news=history.news(told, actor.name if actor.known else ""),
    )


def _names(entry: HistoryEntry) -> set[str]:
    return {name.removesuffix("_source") for name in entry.changes}


def _changed(request: Request, saved: Ticket, done: str, undo: Collection[Ticket]) -> HttpResponse:
    if _is_row(request):
        return _row(request, saved, done, undo)
    if request.htmx:
        return toast(_show(request, saved), done, undo)
    note(request, done, undo)
    return redirect(own_path(request, request.POST.get("next", "")) or saved.get_absolute_url())


def _done(saved: Ticket, sent: set[str]) -> str:
    """What a toast says once it is stored."""
    if len(sent) > 1:
        return f"#{saved.pk}: your changes were saved."
    name = next(iter(sent))
    return f"#{saved.pk}: {name} is now {_words(name, getattr(saved, name))}."


def _words(name: str, value: Any) -> str:
    """A value as people read it."""
    if not value:
        return "nobody" if name == "assignee" else "nothing"
    return label(value) if name in ENUMERATIONS else str(value)


def _is_row(request: Request) -> bool:
    return bool(request.htmx) and (request.htmx.target or "").startswith("row-")


def _row(
    request: Request, ticket: Ticket, words: str, undo: Collection[Ticket] = ()
) -> HttpResponse:
    return toast(render(request, "tickets/_row.html", {"ticket": ticket}), words, undo)


def _status(request: Request, status: int) -> int:
    # htmx does not show what comes with an error status.
    return 200 if request.htmx else status


def _show(request: Request, ticket: Ticket, *, status: int = 200, **forms: Any) -> HttpResponse:
    context = {**ticket_page.context(ticket, actor_of(request)), **choices(), **forms}
    if not request.htmx:  # a part of the page leaves these as they are
        context["similar"] = ticket_page.similar(ticket)
    return render(request, "tickets/ticket.html", context, status=status)
