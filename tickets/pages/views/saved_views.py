"""Saving a state of the list under a name, and forgetting it."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from tickets import services
from tickets.access import actor_of
from tickets.exceptions import InvalidInput
from tickets.forms import ListForm, SavedViewForm, valid
from tickets.pages import saved
from tickets.pages.decorators import Request, page
from tickets.pages.toasts import note
from tickets.pages.views import ticket_list


@page("POST", agents=True)
def save(request: Request) -> HttpResponse:
    actor = actor_of(request)
    form = SavedViewForm(request.POST, me=actor.user)
    try:
        view = services.save_view(valid(form), actor)
    except InvalidInput as error:
        return _again(request, form, error)
    note(request, f"The view \u201c{view.name}\u201d is saved.")
    return redirect(saved.address(view.query))


def _again(request: Request, form: SavedViewForm, error: InvalidInput) -> HttpResponse:
    """The list as it was, with what was typed and why it was not saved."""
    request.GET = QueryDict(request.POST.get("query", "")[:5000].removeprefix("?"))
    filters = ListForm(request.GET, me=actor_of(request).user)
    if not filters.is_valid():  # an account that is gone meanwhile, for example
        request.GET = QueryDict()
        filters = ListForm(request.GET)
    messages = [message for each in error.errors.values() for message in each]
    context = {
        **ticket_list.context(request, valid(filters)),
        "view_errors": messages,
        "view_name": request.POST.get("name", ""),
        "view_shared": "shared" in request.POST,
    }
    return render(request, "tickets/list.html", context, status=400)


@page("POST", agents=True)
def delete(request: Request, view_id: int) -> HttpResponse:
    view = services.delete_view(view_id, actor_of(request))
    # The list stays as the view had it, so that it can be saved again.
    note(request, f"The view \u201c{view.name}\u201d is deleted. Its list is still here.")
    return redirect(saved.address(view.query))
