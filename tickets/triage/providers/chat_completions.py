"""OpenAI, Groq and servers of one's own (Ollama, llama.cpp, vLLM): the chat-completions protocol.

Models differ in the parameters that they take, and no list of them stays true. So what a
refusal names is left out or replaced, and stays so once that has helped.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config import Endpoint
from ..prompts import Prompt, Schema
from .base import ProviderError, Reply, count, header_value, reason_for_status
from .transport import Answer, Transport, base_address

TOKEN_LIMITS = ("max_completion_tokens", "max_tokens")  # the newer name first
FORMATS = ("json_schema", "json_object")  # the stricter first
# What a strict schema may say everywhere. OpenAI takes bounds of numbers and lengths for some
# models and refuses them for others; replies are checked anyway.
STRICT_KEYS = ("type", "enum", "required", "additionalProperties", "properties", "items")
# How the parameters are called in refusals; some name them in words only.
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
    """One model of one server. A key is sent where there is one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        base = base_address(endpoint.base_url)
        self._url = base._replace(path=f"{base.path or ''}/chat/completions").url
        key = header_value(endpoint.api_key)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._transport = Transport()
        self._learning = threading.Lock()
        self._refused: frozenset[str] = frozenset()

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        ends = time.monotonic() + timeout
        refused = self._refused
        while True:
            body = _body(self._endpoint, prompt, refused)
            answer = self._transport.post(
                self._url, self._headers, json.dumps(body).encode(), ends - time.monotonic()
            )
            if answer.status == 200:
                self._remember(refused)
                return _reply_of(answer.json())
            refusal = _refusal(answer)
            name = _parameter(refusal, body)
            if refusal.reason != "bad_request" or not name:
                raise ProviderError(refusal.reason)
            refused |= {_format_of(body) if name == "response_format" else name}

    def _remember(self, refused: frozenset[str]) -> None:
        """Only what helped: a refusal may mention a parameter that it is not about."""
        if not refused <= self._refused:
            with self._learning:
                self._refused |= refused


def _body(endpoint: Endpoint, prompt: Prompt, refused: frozenset[str]) -> dict[str, Any]:
    """The request without what is in `refused`: names of parameters and kinds of format."""
    names = TOKEN_LIMITS if endpoint.needs_key else TOKEN_LIMITS[::-1]
    kind = _first_not_in(refused, FORMATS)
    body = {
        "model": endpoint.model,
        "messages": [
            {"role": "system", "content": _instructions(prompt, kind)},
            {"role": "user", "content": prompt.ticket},
        ],
        _first_not_in(refused, names): endpoint.max_output_tokens,
        "response_format": _format(prompt, kind),
        "reasoning_effort": endpoint.reasoning_effort,
        "temperature": endpoint.temperature,
    }
    without = refused | {""}
    return {
        name: value
        for name, value in body.items()
        if name not in without and value not in (None, "")
    }


def _first_not_in(refused: frozenset[str], choices: tuple[str, ...]) -> str:
    return next((choice for choice in choices if choice not in refused), "")


def _instructions(prompt: Prompt, kind: str) -> str:
    if kind == "json_schema":
        return prompt.task.instructions
    schema = json.dumps(strict(prompt.task.schema))
    return f"{prompt.task.instructions}\nThe JSON Schema of the answer:\n{schema}\n"


def _format(prompt: Prompt, kind: str) -> dict[str, Any] | None:
    if kind != "json_schema":
        return {"type": kind} if kind else None
    task = prompt.task
    schema = {"name": task.name, "strict": True, "schema": strict(task.schema)}
    return {"type": kind, "json_schema": schema}


def _format_of(body: Mapping[str, Any]) -> str:
    return str(body["response_format"]["type"])


def strict(schema: Schema) -> dict[str, Any]:
    """The schema within the subset that strict mode takes everywhere: all fields, no others."""
    kept = {key: schema[key] for key in STRICT_KEYS if key in schema}
    if "items" in kept:
        kept["items"] = strict(kept["items"])
    if "properties" in kept:
        kept["properties"] = {name: strict(value) for name, value in kept["properties"].items()}
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept


class _Refusal(NamedTuple):
    reason: str
    parameter: str
    message: str


def _refusal(answer: Answer) -> _Refusal:
    """What an answer says whose status is not 200. Servers do not agree on its shape."""
    data = answer.error()
    error = data.get("error", data)
    if not isinstance(error, dict):
        error = {"message": error}
    message = str(error.get("message") or error.get("detail") or "")
    reason = _CODES.get(str(error.get("code"))) or reason_for_status(answer.status)
    if reason == "bad_request" and _UNKNOWN_MODEL.search(message):
        reason = "missing_model"
    parameter = re.split(r"[.\[]", str(error.get("param") or ""))[0]
    return _Refusal(reason, parameter, message)


def _parameter(refusal: _Refusal, body: Mapping[str, Any]) -> str:
    """The optional parameter of the request that a refusal is about, or nothing."""
    mentioned = (str(found.lastgroup) for found in _PARAMETER.finditer(refusal.message))
    names = (refusal.parameter, *mentioned)
    return next((name for name in names if name in _NAMES and name in body), "")


def _reply_of(data: Mapping[str, Any]) -> Reply:
    try:
        choice = data["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        usage = data.get("usage") or {}
        asked, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ProviderError("bad_response") from None
    if refusal or choice.get("finish_reason") == "content_filter":
        raise ProviderError("blocked")
    if not isinstance(text, str) or not text:
        raise ProviderError("bad_response")
    return Reply(text, count(asked), count(answered))
