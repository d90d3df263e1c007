"""Routes and endpoints: which view serves a path, who may call it, what it takes and returns.

The OpenAPI document is generated from these declarations, see `openapi/document.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, re_path

from ..access.actors import Actor, caller, operator
from ..access.throttling import throttle_anonymous
from ..exceptions import MethodNotAllowed
from ..vocabulary import Scope
from ..web import replica, request_log
from .http import BodyRules, RawBody, read_query

View = Callable[..., HttpResponseBase]
# The variable parts of paths: what they match, and what views get. 19 digits hold a 64-bit id.
PARTS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "ticket_id": (r"[0-9]{1,19}", int),
    "uuid": (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", UUID),
}


@dataclass(frozen=True, eq=False)
class Route:
    """The views of one path, one for each method. HEAD works where GET does."""

    path: str
    views: Mapping[str, View]
    csrf_exempt = True  # `caller` checks the token where a session acts

    def __call__(self, request: HttpRequest, **captured: str) -> HttpResponseBase:
        view = self.views.get("GET" if request.method == "HEAD" else str(request.method))
        if view is None:
            raise MethodNotAllowed(self.methods)
        values = {name: PARTS[name][1](text) for name, text in captured.items()}
        return view(request, **values)

    @property
    def methods(self) -> list[str]:
        return sorted({*self.views, *(["HEAD"] if "GET" in self.views else [])})


def route(path: str, name: str, **views: View) -> URLPattern:
    """Make a Route that works with and without its trailing slash: a redirect would lose a body.

    `{ticket_id}` and the like in the path stand for PARTS.
    """
    # \Z because $ would let a line end pass.
    pattern = re.sub(
        r"\{(\w+)\}", lambda match: f"(?P<{match[1]}>{PARTS[match[1]][0]})", path.strip("/")
    )
    return re_path(rf"^{pattern}/?\Z", Route(path, views), name=name)


@dataclass(frozen=True, kw_only=True)
class endpoint:  # noqa: N801  (a decorator)
    """Check the caller and the query, then call the view with what it declares.

    The view gets the calling Actor (`actor`), with `query` the clean query (`filters`), and with
    `body` the request's body (`body`). Its name and docstring are published as the operation's.
    """

    tag: str
    returns: Any = None  # the type of the response; None if it has no body
    media: str = "application/json"
    status: int = 200
    success: str = "OK"  # what the response means
    headers: tuple[str, ...] = ()  # of the answer
    scope: Scope | None = None  # what the caller needs; None: anyone may call
    identify: bool = True  # False: do not look at the caller at all
    for_operators: bool = False  # METRICS_TOKEN opens it too, without asking the database
    throttle: str = ""  # the limit on anonymous callers, see `throttle_anonymous`
    query: type[forms.Form] | None = None
    body: BodyRules | None = None
    raw_body: RawBody | None = None  # which the view reads itself
    repeated: str = ""  # what status 200 means where a repetition is answered with it
    request_headers: tuple[str, ...] = ()  # that change what the view does
    for_readers: bool = False  # who may write but not read gets 204 in place of the answer
    follows_merges: bool = False  # writes to the ticket that a merged one is part of
    from_replica: bool = False  # only reads, and a replica may answer, see `web/replica.py`

    def actor(self, request: HttpRequest) -> Actor:
        """Return who calls. Raises as `caller`."""
        if not self.identify:
            return Actor("anonymous")
        return (operator(request) if self.for_operators else None) or caller(request)

    def __call__(self, view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, **captured: object) -> HttpResponseBase:
            actor = self.actor(request)
            request_log.note_actor(request, actor)
            if self.scope is not None:
                actor.require(self.scope)
            filters = read_query(request, self.query, actor.user)
            if self.throttle:
                throttle_anonymous(request, actor, self.throttle)
            inputs: dict[str, object] = {}
            if self.query is not None:
                inputs["filters"] = filters
            if self.body is not None:
                inputs["body"] = self.body.body_of(request)
            answer = partial(view, request, actor=actor, **captured, **inputs)
            response = replica.read(request, actor, answer) if self.from_replica else answer()
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        checked.endpoint = self  # type: ignore[attr-defined]
        return checked
