"""Read requests strictly: JSON bodies, queries and headers. Also builds the JSON response."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.http import parse_etags

from ..exceptions import InvalidInput, InvalidJson, PayloadTooLarge, UnsupportedMediaType
from ..forms.fields import ListField, clean_data
from ..web import uploads

JsonObject = dict[str, Any]
CHUNK = 1024 * 1024  # bytes
MAX_KEYS_NAMED = 50  # in one error
TYPE_NAMES = {str: "a string", bool: "true or false", int: "an integer"}


def answer(data: object, status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, safe=False, json_dumps_params={"ensure_ascii": False})


def answer_json(text: str) -> HttpResponse:
    """Return what the database has written as JSON."""
    return HttpResponse(text, content_type="application/json")


# --- bodies -------------------------------------------------------------------------


@dataclass(frozen=True)
class BodyRules:
    """How a request's body is checked, and how its schema is published.

    With `partial`, only the keys that were sent are checked. The keys of the shape `read_only`
    that the form does not have are read-only, any other key is unknown.
    """

    schema: str
    form: type[forms.Form]
    description: str = ""
    partial: bool = False
    read_only: Any = None  # a TypedDict

    media = "application/json"

    def body_of(self, request: HttpRequest) -> JsonBody:
        return JsonBody(request, self)

    @property
    def fields(self) -> Mapping[str, forms.Field]:
        fields: Mapping[str, forms.Field] = self.form.base_fields
        return fields

    @property
    def read_only_keys(self) -> frozenset[str]:
        shape = self.read_only
        return frozenset(shape.__annotations__ if shape else ()) - frozenset(self.fields)


@dataclass(frozen=True)
class RawBody:
    """A body that is not JSON: its media type, and how many bytes it may have.

    Of one that is longer than `kept_bytes`, the rest is read and dropped. 0 keeps all.
    """

    media: str
    max_bytes: int
    kept_bytes: int = 0


class JsonBody:
    """A JSON request's body. It is read when a view asks, so that cheaper checks come first."""

    def __init__(self, request: HttpRequest, rules: BodyRules) -> None:
        self.request, self.rules = request, rules

    @cached_property
    def raw(self) -> JsonObject:
        """The body as it was sent. Raises as `read_object`."""
        return read_object(self.request)

    def clean(self, current: Callable[[], Mapping[str, Any]] = dict) -> dict[str, Any]:
        """Return the form's clean values. Raises InvalidInput with a message for each bad key.

        `current` returns what is stored now: a client may send back a read-only key unchanged.
        """
        fields = self.rules.fields
        errors = self._refused_keys(current) | _wrong_types(self.raw, fields)
        if errors:
            raise InvalidInput(errors=dict(list(errors.items())[:MAX_KEYS_NAMED]))
        if self.rules.partial and not self.raw:
            return {}
        options: dict[str, Any] = {"only": self.raw.keys()} if self.rules.partial else {}
        return clean_data(self.rules.form(self.raw, **options))

    def _refused_keys(self, current: Callable[[], Mapping[str, Any]]) -> dict[str, list[str]]:
        read_only = self.rules.read_only_keys
        keys = [key for key in self.raw if key not in self.rules.fields]
        stored = current() if read_only & set(keys) else {}
        return {
            key: ["This key is read-only." if key in read_only else "This key is unknown."]
            for key in keys
            if key not in stored or json.dumps(self.raw[key]) != json.dumps(stored[key])
        }


@dataclass(frozen=True)
class UploadRules(BodyRules):
    """How a request with a file is checked, which is sent as a form."""

    media = "multipart/form-data"

    def body_of(self, request: HttpRequest) -> UploadBody:
        return UploadBody(request, self)


class UploadBody(JsonBody):
    """A request's form with a file, which is read as a stream when a view asks."""

    @cached_property
    def raw(self) -> JsonObject:
        """The values of the form. Raises as `read_form`, and UnsupportedMediaType."""
        request = self.request
        if request.content_type != self.rules.media:
            raise UnsupportedMediaType("Send the body as multipart/form-data.")
        if not request.META.get("CONTENT_LENGTH"):
            raise InvalidInput("Send the body with a Content-Length.")
        uploads.read_form(request)
        repeated = [
            name
            for values in (request.POST, request.FILES)
            for name, each in values.lists()
            if each[1:]
        ]
        if repeated:
            errors = {name: ["This key appears more than once."] for name in repeated}
            raise InvalidInput(errors=dict(list(errors.items())[:MAX_KEYS_NAMED]))
        return {**request.POST.dict(), **request.FILES.dict()}

    def clean(self, current: Callable[[], Mapping[str, Any]] = dict) -> dict[str, Any]:
        if errors := self._refused_keys(current):
            raise InvalidInput(errors=dict(list(errors.items())[:MAX_KEYS_NAMED]))
        return clean_data(self.rules.form(self.raw, self.request.FILES))


def _wrong_types(body: JsonObject, fields: Mapping[str, forms.Field]) -> dict[str, list[str]]:
    problems = {key: _wrong_type(fields[key], body[key]) for key in fields if key in body}
    return {key: [problem] for key, problem in problems.items() if problem}


def _wrong_type(field: Any, value: object) -> str:
    """Return what is wrong with a value's type, or "". The form itself would turn it into text."""
    types, null = field.json_types, field.json_null
    is_of_type = isinstance(value, types) and (not isinstance(value, bool) or bool in types)
    if not (is_of_type or (null and value is None)):
        names = [TYPE_NAMES[kind] for kind in types] + ["null"] * null
        return f"This must be {' or '.join(names)}."
    if value == "" and isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return f"This must be one of {', '.join(name for name, _ in choices)}."
    return ""


def read_object(request: HttpRequest) -> JsonObject:
    """Return the body, one object of standard JSON (RFC 8259, with I-JSON's unique keys).

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
        raise InvalidJson(f"The body is not valid JSON: {error}.") from None
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8.") from None
    except RecursionError:
        raise InvalidJson("The body is nested too deeply.") from None
    except ValueError:  # Python's own limit, against numbers that take minutes to read
        raise InvalidJson("The body has a number with too many digits.") from None
    if not isinstance(value, dict):
        raise InvalidJson("The body must be one JSON object.")
    return value


def read_raw(request: HttpRequest, rules: RawBody) -> bytes:
    """Return a body as it was sent, or its beginning if not all of it is kept.

    Raises UnsupportedMediaType, PayloadTooLarge, or InvalidInput if it is empty or broken off.
    """
    if request.content_type != rules.media:
        raise UnsupportedMediaType(f"Send the body as {rules.media}.")
    _check_coding(request)
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    body, size = b"", 0
    if length <= rules.max_bytes:
        try:
            body = request.read(rules.kept_bytes or rules.max_bytes + 1)
            size = len(body)
            while dropped := request.read(min(CHUNK, rules.max_bytes + 1 - size)):
                size += len(dropped)
        except Exception:  # each server has its own errors for a body that ends too early
            raise InvalidInput("The body could not be read.") from None
    if max(length, size) > rules.max_bytes:
        raise PayloadTooLarge(f"The body is larger than {rules.max_bytes // 1024**2} MiB.")
    if not body or size < length:
        raise InvalidInput("The body is empty, or shorter than its Content-Length.")
    return body


def _check_media_type(request: HttpRequest) -> None:
    parameters = {key.lower(): value for key, value in (request.content_params or {}).items()}
    charset = parameters.pop("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType
    _check_coding(request)


def _check_coding(request: HttpRequest) -> None:
    content_coding = request.headers.get("Content-Encoding", "identity").lower()
    transfer_coding = request.headers.get("Transfer-Encoding", "chunked").lower()
    if content_coding != "identity" or transfer_coding != "chunked":
        raise UnsupportedMediaType("Send the body uncompressed.")


def _body(request: HttpRequest) -> bytes:
    """Return the whole body. Raises InvalidJson or PayloadTooLarge."""
    length = request.META.get("CONTENT_LENGTH")
    # Django takes a body without a length for empty; gunicorn has put its chunks together.
    if length is None and request.META.get("wsgi.input_terminated"):
        return _chunked_body(request.META["wsgi.input"].read)
    try:
        body = request.body
    except RequestDataTooBig:
        raise PayloadTooLarge from None
    except UnreadablePostError:
        body = b""
    if len(body) < int(length or 0):
        raise InvalidJson("The body is shorter than its Content-Length.")
    return body


def _chunked_body(read: Callable[[int], bytes]) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        body = read(limit + 1)
    except Exception:  # each server has its own errors for malformed chunks
        raise InvalidJson("The body's chunks are malformed.") from None
    if len(body) > limit:
        raise PayloadTooLarge
    return body


def _unique_keys(pairs: list[tuple[str, object]]) -> JsonObject:
    values = dict(pairs)
    if len(values) < len(pairs):
        [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
        errors = {repeated: ["This key appears more than once."]}
        raise InvalidJson("The body repeats a key.", errors=errors)
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not valid JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InvalidJson("The body has a number that is too large.")
    return number


# --- queries ------------------------------------------------------------------------


def read_query(
    request: HttpRequest, form_class: type[forms.Form] | None, me: User | None = None
) -> dict[str, Any]:
    """Return the clean query. A filter that takes a list may appear several times.

    `me` is the calling account, for forms that take it. Raises InvalidInput for each parameter
    that the form does not have.
    """
    fields: Mapping[str, forms.Field] = form_class.base_fields if form_class else {}
    errors, query = {}, {}
    for name, values in list(request.GET.lists())[:MAX_KEYS_NAMED]:
        if problem := _wrong_parameter(fields.get(name), values):
            errors[name] = [problem]
        query[name] = ",".join(values)
    if errors:
        raise InvalidInput("Some query parameters are not valid.", errors=errors)
    if form_class is None:
        return {}
    options: dict[str, Any] = {"me": me} if getattr(form_class, "takes_me", False) else {}
    return clean_data(form_class(query, **options))


def _wrong_parameter(field: forms.Field | None, values: list[str]) -> str:
    if field is None:
        return "This parameter is unknown."
    if len(values) > 1 and not isinstance(field, ListField):
        return "This parameter appears more than once."
    if any("\ufffd" in value for value in values):
        return "This is not UTF-8."
    return ""


def page_links(request: HttpRequest, **cursors: str) -> str:
    """Return a `Link` header (RFC 8288) to the neighbouring pages, with the same filters.

    The names are the relations; "" means that there is no such page.
    """
    address, links = request.build_absolute_uri(request.path), []
    for relation, cursor in cursors.items():
        if cursor:
            query = request.GET.copy()
            query["cursor"] = cursor
            links.append(f'<{address}?{query.urlencode()}>; rel="{relation}"')
    return ", ".join(links)


# --- headers ------------------------------------------------------------------------


def allowed_versions(request: HttpRequest) -> list[int] | None:
    """Return the versions that `If-Match` allows (RFC 9110, 13.1.1); None allows any.

    A weak tag never matches here.
    """
    header = request.headers.get("If-Match")
    tags = parse_etags(header) if header is not None else ["*"]
    if tags == ["*"]:
        return None
    return [int(tag[1:-1]) for tag in tags if re.fullmatch(r'"[0-9]{1,9}"', tag)]


def has_version(request: HttpRequest, etag: str) -> bool:
    """Return whether the caller has this version already, by `If-None-Match`."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or etag in [tag.removeprefix("W/") for tag in tags]


def wait_seconds(request: HttpRequest) -> float:
    """Return the seconds of `Prefer: wait` (RFC 7240, 4.3); infinity without that header."""
    header = request.headers.get("Prefer", "")
    match = re.search(r'(?i)(?:^|[,;\s])wait\s*=\s*"?(\d{1,5})(?![\d.])', header)
    return float(match[1]) if match else math.inf


def idempotency_key(request: HttpRequest) -> str | None:
    """Return the `Idempotency-Key`. Raises InvalidInput unless it is 1 to 200 visible ASCII."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[!-~]{1,200}", key):
        message = "This must be 1 to 200 visible ASCII characters."
        raise InvalidInput(errors={"Idempotency-Key": [message]})
    return key
