"""The chat-completions protocol of OpenAI, Groq and local servers (Ollama, llama.cpp, vLLM).

Models differ in the parameters that they accept, and any list of them becomes outdated. So a
parameter that a refusal names is left out or replaced, and remains so if that has helped.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..prompts import Prompt, Schema
from .base import (
    Endpoint,
    ProviderError,
    Reply,
    header_value,
    reason_for_status,
    token_count,
)
from .transport import Transport, TransportResponse, base_address

TOKEN_LIMITS = ("max_completion_tokens", "max_tokens")  # the newer name first
FORMATS = ("json_schema", "json_object")  # the stricter first
# The keys of a schema that strict mode accepts everywhere. OpenAI accepts bounds of numbers and
# lengths for some models only; replies are validated anyway.
STRICT_KEYS = ("type", "enum", "required", "additionalProperties", "properties", "items")
# The names of the parameters in refusals, some of which only spell them out.
_NAMES = {
    "temperature": r"temperature",
    "reasoning_effort": r"reasoning[_ ]?effort",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_tokens",
    "response_format": r"response[_ ]format|json_schema|json_object",
}
_PARAMETER = re.compile("|".join(rf"(?P<{name}>\b(?:{p})\b)" for name, p in _NAMES.items()), re.I)
_UNKNOWN_MODEL = re.compile(
    r"\bmodel\b.{0,200}\b(?:does not exist|not found|decommissioned)|\b(?:invalid|unknown) model\b",
    re.I | re.S,
)
_CODES = {
    "invalid_api_key": "bad_key",
    "model_not_found": "missing_model",
    "model_decommissioned": "missing_model",
    "rate_limit_exceeded": "rate_limited",
    "insufficient_quota": "rate_limited",
    "content_filter": "blocked",
    "json_validate_failed": "bad_response",  # Groq: the model did not keep to the schema
}


class ChatCompletions:
    """One model of one server. The key is sent if there is one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        base = base_address(endpoint.base_url)
        self._url = base._replace(path=f"{base.path or ''}/chat/completions").url
        key = header_value(endpoint.api_key)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._transport = Transport()
        self._refused_lock = threading.Lock()
        self._refused: frozenset[str] = frozenset()

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        deadline = time.monotonic() + timeout
        refused = self._refused
        while True:
            body = _body(self._endpoint, prompt, refused)
            seconds = deadline - time.monotonic()
            response = self._transport.post(
                self._url, self._headers, json.dumps(body).encode(), seconds
            )
            if response.status == 200:
                self._remember(refused)
                return _reply_of(response.json())
            refusal = _refusal(response)
            name = _parameter(refusal, body)
            if refusal.reason != "bad_request" or not name:
                raise ProviderError(refusal.reason)
            # A refused format gives way to the next one.
            refused |= {_first_not_in(refused, FORMATS) if name == "response_format" else name}

    def _remember(self, refused: frozenset[str]) -> None:
        """Remember only what has helped: a refusal may mention a parameter that it is not about."""
        if not refused <= self._refused:
            with self._refused_lock:
                self._refused |= refused


def _body(endpoint: Endpoint, prompt: Prompt, refused: frozenset[str]) -> dict[str, object]:
    """Return the request without what is in `refused`: names of parameters and formats."""
    names = TOKEN_LIMITS if endpoint.needs_key else TOKEN_LIMITS[::-1]
    format_type = _first_not_in(refused, FORMATS)
    body = {
        "model": endpoint.model,
        "messages": [
            {"role": "system", "content": _instructions(prompt, format_type)},
            {"role": "user", "content": prompt.ticket},
        ],
        _first_not_in(refused, names): endpoint.max_output_tokens,
        "response_format": _response_format(prompt, format_type),
        "reasoning_effort": endpoint.reasoning_effort,
        "temperature": endpoint.temperature,
    }
    return {
        name: value
        for name, value in body.items()
        if name and name not in refused and value not in (None, "")
    }


def _first_not_in(refused: frozenset[str], choices: tuple[str, ...]) -> str:
    return next((choice for choice in choices if choice not in refused), "")


def _instructions(prompt: Prompt, format_type: str) -> str:
    if format_type == "json_schema":
        return prompt.task.instructions
    schema = json.dumps(strict(prompt.task.schema))
    return f"{prompt.task.instructions}\nThe JSON Schema of the answer:\n{schema}\n"


def _response_format(prompt: Prompt, format_type: str) -> Mapping[str, object] | None:
    if format_type != "json_schema":
        return {"type": format_type} if format_type else None
    task = prompt.task
    schema = {"name": task.name, "strict": True, "schema": strict(task.schema)}
    return {"type": format_type, "json_schema": schema}


def strict(schema: Schema) -> Schema:
    """Return the schema in the subset that strict mode accepts everywhere.

    All fields are required, and no other ones are allowed.
    """
    subset = {key: schema[key] for key in STRICT_KEYS if key in schema}
    if "items" in subset:
        subset["items"] = strict(subset["items"])
    if "properties" in subset:
        properties = {name: strict(value) for name, value in subset["properties"].items()}
        subset |= {
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return subset


class _Refusal(NamedTuple):
    reason: str
    parameter: str
    message: str


def _refusal(response: TransportResponse) -> _Refusal:
    """Read a response whose status is not 200. Servers do not agree on its shape."""
    data = response.error()
    error = data.get("error", data)
    if not isinstance(error, dict):
        error = {"message": error}
    message = str(error.get("message") or error.get("detail") or "")
    reason = _CODES.get(str(error.get("code"))) or reason_for_status(response.status)
    if reason == "bad_request" and _UNKNOWN_MODEL.search(message):
        reason = "missing_model"
    parameter = re.split(r"[.\[]", str(error.get("param") or ""))[0]
    return _Refusal(reason, parameter, message)


def _parameter(refusal: _Refusal, body: Mapping[str, object]) -> str:
    """Return the optional parameter of the request that a refusal is about, or ""."""
    mentioned = (str(match.lastgroup) for match in _PARAMETER.finditer(refusal.message))
    names = (refusal.parameter, *mentioned)
    return next((name for name in names if name in _NAMES and name in body), "")


def _reply_of(data: Mapping[str, Any]) -> Reply:
    try:
        choice = data["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        usage = data.get("usage") or {}
        input_tokens, output_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ProviderError("bad_response") from None
    if refusal or choice.get("finish_reason") == "content_filter":
        raise ProviderError("blocked")
    if not isinstance(text, str) or not text:
        raise ProviderError("bad_response")
    return Reply(text, token_count(input_tokens), token_count(output_tokens))
