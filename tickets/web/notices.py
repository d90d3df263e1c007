"""What the next page tells the user about this request, with a way to undo it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject

from ..models.ticket import Ticket
from ..services.undo import undo_token

SESSION_KEY = "notices"


@dataclass(frozen=True)
class Notice:
    """`level` is one of Django's level tags, such as "success".

    `undo` is what an UndoForm takes, or "" if there is nothing to undo.
    """

    text: str
    level: str = "success"
    undo: str = ""


def notify(
    request: HttpRequest,
    text: str | Promise,
    undo: Collection[Ticket] = (),
    *,
    token: str = "",
    level: int = messages.SUCCESS,
) -> None:
    """Tell the user something on the next page.

    `undo` are the tickets as the change left them, or `token` is what an UndoForm takes. `level`
    is one of Django's message levels. The text is translated now.
    Only a notice that can be undone is stored in the session: Django's messages have no field for
    it, and do without a session.
    """
    text = str(text)
    token = token or undo_token(undo)
    if not token:
        messages.add_message(request, level, text)
        return
    notice = Notice(text, messages.DEFAULT_TAGS[level], token)
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), asdict(notice)]


def pop_notices(request: HttpRequest) -> list[Notice]:
    """Return the notices that wait for this user, Django's messages included, and forget them."""
    stored = [Notice(**notice) for notice in request.session.pop(SESSION_KEY, [])]
    waiting = messages.get_messages(request)
    return stored + [Notice(str(message), message.level_tag) for message in waiting]


def context(request: HttpRequest) -> dict[str, SimpleLazyObject[list[Notice]]]:
    """Give templates `notices`. A page that does not show them leaves them waiting."""
    return {"notices": SimpleLazyObject(lambda: pop_notices(request))}
