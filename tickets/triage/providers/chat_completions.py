"""The chat-completions protocol of OpenAI, Groq and local servers (Ollama, llama.cpp, vLLM)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..prompts import Prompt
from .adaptive import Adaptive, Refusal, instructions, strict
from .base import (
    Endpoint,
    ProviderError,
    Reply,
    Usage,
    header_value,
    reason_for_status,
    token_count,
)
from .transport import TransportResponse, base_address

TOKEN_LIMITS = ("max_completion_tokens", "max_tokens")  # the newer name first
FORMATS = ("json_schema", "json_object")  # the stricter first
_UNKNOWN_MODEL = re.compile(
    r"\bmodel\b.{0,200}\b(?:does not exist|not found|decommissioned)|\b(?:invalid|unknown) model\b",
    re.I | re.S,
)
_CODES = {
    "invalid_api_key": "bad_key",
    "model_not_found": "missing_model",
    "model_decommissioned": "missing_model",
    "rate_limit_exceeded": "rate_limited",
    "insufficient_quota": "no_credit",
    "credit_balance_exhausted": "no_credit",
    "billing_not_active": "no_credit",
    "billing_hard_limit_reached": "no_credit",
    "content_filter": "blocked",
    "json_validate_failed": "bad_response",  # Groq: the model did not keep to the schema
}


class ChatCompletions(Adaptive):
    """One model of one server. The key is sent if there is one."""

    optional = ("temperature", "reasoning_effort", *TOKEN_LIMITS, "response_format")

    def __init__(self, endpoint: Endpoint) -> None:
        base = base_address(endpoint.base_url)
        key = header_value(endpoint.api_key)
        super().__init__(
            endpoint,
            base._replace(path=f"{base.path or ''}/chat/completions").url,
            {"Authorization": f"Bearer {key}"} if key else {},
        )

    def _body(self, prompt: Prompt, refused: frozenset[str]) -> Mapping[str, Any]:
        """Return the request without what is in `refused`: names of parameters and formats."""
        endpoint = self._endpoint
        names = TOKEN_LIMITS if endpoint.needs_key else TOKEN_LIMITS[::-1]
        format_type = _first_not_in(refused, FORMATS)
        system = instructions(prompt, with_schema=format_type != "json_schema")
        body = {
            "model": endpoint.model,
            "messages": [
                {"role": "system", "content": system},
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

    def _refused_name(self, parameter: str, refused: frozenset[str]) -> str:
        """A refused format gives way to the next one."""
        return _first_not_in(refused, FORMATS) if parameter == "response_format" else parameter

    def _refusal(self, response: TransportResponse) -> Refusal:
        return _refusal(response.error(), response.status, response.retry_after)

    def _reply_of(self, data: Mapping[str, Any]) -> Reply:
        return _reply_of(data)


def _first_not_in(refused: frozenset[str], choices: tuple[str, ...]) -> str:
    return next((choice for choice in choices if choice not in refused), "")


def _response_format(prompt: Prompt, format_type: str) -> Mapping[str, object] | None:
    if format_type != "json_schema":
        return {"type": format_type} if format_type else None
    task = prompt.task
    schema = {"name": task.name, "strict": True, "schema": strict(task.schema)}
    return {"type": format_type, "json_schema": schema}


def _refusal(data: Mapping[str, Any], status: int, retry_after: float = 0.0) -> Refusal:
    """Read the body of a response whose status is not 200. Servers do not agree on its shape."""
    error = data.get("error", data)
    if not isinstance(error, dict):
        error = {"message": error}
    message = str(error.get("message") or error.get("detail") or "")
    reason = _CODES.get(str(error.get("code"))) or reason_for_status(status)
    if reason == "bad_request" and _UNKNOWN_MODEL.search(message):
        reason = "missing_model"
    parameter = re.split(r"[.\[]", str(error.get("param") or ""))[0]
    return Refusal(ProviderError(reason, retry_after=retry_after), parameter, message)


def _reply_of(data: Mapping[str, Any]) -> Reply:
    """Read what the answer cost and why it ended before what it says."""
    usage = _usage(data.get("usage"))
    try:
        choice = data["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        text, refusal = _text(message.get("content")), message.get("refusal")
    except (AttributeError, IndexError, KeyError, TypeError):
        raise _error_within(data, usage) from None
    if refusal or finish == "content_filter":
        raise ProviderError("blocked", usage=usage)
    if text is None:
        raise ProviderError("bad_response", usage=usage)
    is_cut_off = finish == "length"
    if not text.strip():  # all that there is may be reasoning
        raise ProviderError("cut_off" if is_cut_off else "empty", usage=usage)
    return Reply(text, usage, is_cut_off)


def _text(content: Any) -> str | None:
    """Return the text of a message, which some servers send in parts; None if it is none."""
    if content is None or isinstance(content, str):
        return content or ""
    parts = [part.get("text", "") for part in content if part.get("type") == "text"]
    return "".join(parts) if all(isinstance(part, str) for part in parts) else None


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    input_tokens = token_count(usage.get("prompt_tokens"))
    output_tokens = token_count(usage.get("completion_tokens"))
    # Some servers count reasoning in the total only.
    remainder = token_count(usage.get("total_tokens")) - input_tokens
    return Usage(input_tokens, max(output_tokens, remainder))


def _error_within(data: Mapping[str, Any], usage: Usage) -> ProviderError:
    """Return the error for an answer without a message: some gateways put the status into it."""
    error = data.get("error")
    status = error.get("code") if isinstance(error, dict) else None
    if isinstance(status, int) and 400 <= status < 600:
        return ProviderError(_refusal(data, status).error.reason, usage=usage)
    return ProviderError("bad_response", usage=usage)
