"""JSON in, problem documents out: routes, strict bodies, strict queries, preconditions."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, NoReturn

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.urls import URLPattern, re_path
from django.utils.http import parse_etags

from ..exceptions import (
    InvalidInput,
    InvalidJson,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from ..forms.fields import ListField, clean_data
from ..forms.lists import FilterForm
from .auth import caller

View = Callable[..., HttpResponse]
MOST_KEYS_NAMED = 50
TYPE_NAMES = {str: "a string", bool: "true or false"}


# --- routes -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Route:
    """What an address answers: one view for each method, and HEAD where there is GET."""

    path: str
    views: Mapping[str, View]
    csrf_exempt = True  # auth.py checks, where a session acts

    def __call__(self, request: HttpRequest, **captured: str) -> HttpResponse:
        view = self.views.get("GET" if request.method == "HEAD" else str(request.method))
        if view is None:
            raise MethodNotAllowed(self.methods)
        return view(request, **{name: int(number) for name, number in captured.items()})

    @property
    def methods(self) -> list[str]:
        return sorted({*self.views, *(["HEAD"] if "GET" in self.views else [])})


def route(path: str, name: str, **views: View) -> URLPattern:
    """A Route that answers with and without its trailing slash: a redirect would lose a body.

    `{ticket_id}` in the path stands for an integer.
    """
    # 19 digits hold every 64-bit id; \Z since $ would let a line end pass.
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]{1,19})", path.strip("/"))
    return re_path(rf"^{pattern}/?\Z", Route(path, views), name=name)


def endpoint(
    scope: str | None = None, query: type[forms.Form] | None = None
) -> Callable[[View], View]:
    """A view that gets the calling Actor, who must have `scope`, and the clean `query`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, **captured: int) -> HttpResponse:
            actor = caller(request)
            if scope is not None:
                actor.require(scope)
            values = read_query(request, query, actor.user)
            given = {"filters": values} if query else {}
            response = view(request, actor, **captured, **given)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        checked.scope, checked.query = scope, query  # type: ignore[attr-defined]
        return checked

    return decorate


def answer(data: Any, status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


# --- bodies -------------------------------------------------------------------------


def read_object(request: HttpRequest) -> dict[str, Any]:
    """The body as one object of standard JSON (RFC 8259, with I-JSON's unique keys).

    Raises UnsupportedMediaType, PayloadTooLarge or InvalidJson.
    """
    _check_media_type(request)
    try:
        value = json.loads(
            _body(request).decode(),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise InvalidJson(f"The body is not standard JSON: {error}.") from None
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8.") from None
    except RecursionError:
        raise InvalidJson("The body is nested too deeply.") from None
    except ValueError:  # Python's own limit, against numbers that take minutes to read
        raise InvalidJson("The body has a number with too many digits.") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body must be one JSON object.")
    return value


def _check_media_type(request: HttpRequest) -> None:
    parameters = {key.lower(): value for key, value in (request.content_params or {}).items()}
    charset = parameters.pop("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
    content_coding = request.headers.get("Content-Encoding", "identity").lower()
    transfer_coding = request.headers.get("Transfer-Encoding", "chunked").lower()
    if content_coding != "identity" or transfer_coding != "chunked":
        raise UnsupportedMediaType("Send the body as it is, without compression.")


def _body(request: HttpRequest) -> bytes:
    """The whole body. Raises InvalidJson or PayloadTooLarge."""
    length = request.META.get("CONTENT_LENGTH")
    # Django takes a body without a length for empty; gunicorn has put its chunks together.
    if length is None and request.META.get("wsgi.input_terminated"):
        return _chunked_body(request.META["wsgi.input"])
    try:
        body = request.body
    except RequestDataTooBig:
        raise PayloadTooLarge from None
    except UnreadablePostError:
        body = b""
    if len(body) < int(length or 0):
        raise InvalidJson("The body ended too early.")
    return body


def _chunked_body(stream: Any) -> bytes:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        body: bytes = stream.read(most + 1)
    except Exception:  # each server has errors of its own for broken chunks
        raise InvalidJson("The body's chunks are broken.") from None
    if len(body) > most:
        raise PayloadTooLarge
    return body


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        again = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise InvalidJson("The body has a key twice.", errors={again: ["This key is there twice."]})
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not standard JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJson("The body has a number that is too large.")
    return number


def read_form(
    body: Mapping[str, Any],
    form_class: type[forms.Form],
    *,
    read_only: Collection[str] = (),
    partial: bool = False,
) -> dict[str, Any]:
    """The body's clean values; with `partial` those of the keys that were sent alone.

    Raises InvalidInput, with a message for each key that is at fault.
    """
    fields = form_class.base_fields
    errors = _unwritable(body, fields, read_only) | _wrong_types(body, fields)
    if errors:
        raise InvalidInput(errors=errors)
    if partial and not body:
        return {}
    options: dict[str, Any] = {"only": body.keys()} if partial else {}
    return clean_data(form_class(body, **options))


def _unwritable(
    body: Iterable[str], fields: Collection[str], read_only: Collection[str]
) -> dict[str, list[str]]:
    keys = [key for key in body if key not in fields][:MOST_KEYS_NAMED]
    return {
        key: ["This key is read-only." if key in read_only else "This key is not known."]
        for key in keys
    }


def _wrong_types(
    body: Mapping[str, Any], fields: Mapping[str, forms.Field]
) -> dict[str, list[str]]:
    problems = {key: _wrong_type(fields[key], body[key]) for key in fields if key in body}
    return {key: [problem] for key, problem in problems.items() if problem}


def _wrong_type(field: Any, value: Any) -> str:
    """What is wrong with a value before the form sees it, which would make a text of it."""
    types, null = field.json_types, field.json_null
    if not (isinstance(value, types) or (null and value is None)):
        names = [TYPE_NAMES[kind] for kind in types] + ["null"] * null
        return f"This must be {' or '.join(names)}."
    if value == "" and isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return f"This must be one of {', '.join(name for name, _ in choices)}."
    return ""


# --- queries, headers ---------------------------------------------------------------


def read_query(
    request: HttpRequest, form_class: type[forms.Form] | None, me: User | None = None
) -> dict[str, Any]:
    """The clean query; a filter that takes a list may come several times. `me` is who asks.

    Raises InvalidInput for whatever the form does not know.
    """
    fields = form_class.base_fields if form_class else {}
    errors, values = {}, {}
    for name, given in list(request.GET.lists())[:MOST_KEYS_NAMED]:
        if name not in fields:
            errors[name] = ["This parameter is not known."]
        elif len(given) > 1 and not isinstance(fields[name], ListField):
            errors[name] = ["This parameter is there twice."]
        elif any("\ufffd" in value for value in given):
            errors[name] = ["This is not UTF-8."]
        values[name] = ",".join(given)
    if errors:
        raise InvalidInput("Some query parameters are not valid.", errors=errors)
    options: dict[str, Any] = (
        {"me": me} if form_class and issubclass(form_class, FilterForm) else {}
    )
    return clean_data(form_class(values, **options)) if form_class else {}


def page_links(request: HttpRequest, **cursors: str) -> str:
    """The value of a `Link` header (RFC 8288) to the pages beside this one, with the same
    filters; the names are the relations, "" is no page."""
    address, links = request.build_absolute_uri(request.path), []
    for relation, cursor in cursors.items():
        if cursor:
            query = request.GET.copy()
            query["cursor"] = cursor
            links.append(f'<{address}?{query.urlencode()}>; rel="{relation}"')
    return ", ".join(links)


def wanted_versions(request: HttpRequest) -> list[int] | None:
    """The versions that `If-Match` allows (RFC 9110, 13.1.1); None when any will do.

    A weak tag never matches here.
    """
    header = request.headers.get("If-Match")
    tags = parse_etags(header) if header is not None else ["*"]
    if tags == ["*"]:
        return None
    return [int(tag[1:-1]) for tag in tags if re.fullmatch(r'"[0-9]{1,9}"', tag)]


def is_known(request: HttpRequest, etag: str) -> bool:
    """Whether the caller has this version already, by `If-None-Match`."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or etag in [tag.removeprefix("W/") for tag in tags]


def patience(request: HttpRequest) -> float:
    """How many seconds the caller waits, by `Prefer: wait` (RFC 7240, 4.3); without, for ever."""
    header = request.headers.get("Prefer", "")
    found = re.search(r'(?i)(?:^|[,;\s])wait\s*=\s*"?(\d{1,5})(?![\d.])', header)
    return float(found[1]) if found else math.inf


def idempotency_key(request: HttpRequest) -> str | None:
    """The `Idempotency-Key` header; raise InvalidInput unless it is 1 to 200 visible ASCII."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[!-~]{1,200}", key):
        message = "This must be 1 to 200 visible ASCII characters."
        raise InvalidInput(errors={"Idempotency-Key": [message]})
    return key
