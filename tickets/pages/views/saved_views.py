"""Save a state of the list under a name, and delete it."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from ...access.actors import actor_of
from ...exceptions import InvalidInput
from ...forms.fields import clean_data
from ...forms.lists import ListForm, SavedViewForm
from ...services.saved_views import delete_view, save_view
from ...web.notices import notify
from ..addresses import list_address
from ..decorators import Request, page
from ..toasts import error_messages
from . import ticket_list


@page("POST", agents=True)
def save(request: Request) -> HttpResponse:
    actor = actor_of(request)
    form = SavedViewForm(request.POST, me=actor.user)
    try:
        view = save_view(clean_data(form), actor)
    except InvalidInput as error:
        return _list_with_errors(request, form, error)
    notify(request, f"View \u201c{view.name}\u201d saved.")
    return redirect(list_address(view.query))


def _list_with_errors(request: Request, form: SavedViewForm, error: InvalidInput) -> HttpResponse:
    """Show the list as it was, with what was typed and why it was not saved."""
    actor = actor_of(request)
    list_form = ListForm(QueryDict(form.typed_query()), me=actor.user)
    if not list_form.is_valid():  # for example because an account was deleted
        list_form = ListForm({}, me=actor.user)
        list_form.full_clean()
    context = {
        **ticket_list.context(list_form, actor),
        "view_errors": error_messages(error),
        "view_name": form["name"].value() or "",
        "view_shared": form["shared"].value(),
    }
    return render(request, "tickets/list.html", context, status=400)


@page("POST", agents=True)
def delete(request: Request, view_id: int) -> HttpResponse:
    view = delete_view(view_id, actor_of(request))
    # The list stays as the view had it, so that it can be saved again.
    notify(request, f"View \u201c{view.name}\u201d deleted. Its list is still shown here.")
    return redirect(list_address(view.query))
