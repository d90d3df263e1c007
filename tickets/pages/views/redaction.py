"""Take a text, or words of it, from a ticket for good."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.actors import actor_of
from ...exceptions import InvalidInput, NotFound
from ...forms.fields import clean_data
from ...forms.tickets import RedactableForm, RedactForm
from ...models.ticket import Comment, Ticket
from ...services.personal_data import redaction
from ...web.notices import notify
from ..decorators import Request, page


@page("GET", "POST", agents=True)
def redact(request: Request, ticket_id: int) -> HttpResponse:
    """Show the text and ask which words go; then redact them. There is no undo."""
    ticket = Ticket.including_spam.with_people().find(ticket_id)
    if request.method != "POST":
        return _page(request, ticket, clean_data(RedactableForm(request.GET))["comment"])
    comment_id = clean_data(RedactableForm(request.POST))["comment"]
    form = RedactForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        chosen = {name: data[name] for name in ("part", "everywhere", "deletes_files")}
        try:
            redaction.redact(ticket.pk, comment_id, actor_of(request), **chosen)
        except InvalidInput as refused:
            form.add_error("part", refused.errors["part"])
    if form.errors:
        return _page(request, ticket, comment_id, form)
    notify(request, "Redacted. The former text is gone from the history and the search as well.")
    return redirect(ticket)


def _page(
    request: Request, ticket: Ticket, comment_id: int | None, form: RedactForm | None = None
) -> HttpResponse:
    comment = None
    if comment_id is not None:
        comment = Comment.objects.filter(ticket=ticket, pk=comment_id).first()
        if comment is None:
            raise NotFound("This message no longer exists.")
    context = {
        "ticket": ticket,
        "comment": comment,
        "text": comment.body if comment else ticket.description,
        "form": form or RedactForm(),
    }
    return render(request, "tickets/redact.html", context, status=400 if form else 200)
