"""Anthropic's Messages API.

The schema of the answer is a parameter (`output_config`), and thinking is switched off. Models
that know neither, or always think, are asked without, with the schema in the instructions.
"""

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

# The version of the protocol that every model and gateway knows. 2026-10-21 knows no temperature.
VERSION = "2023-06-01"
MAX_TEMPERATURE = 1.0
CUT_OFF = {"max_tokens", "model_context_window_exceeded"}
_TYPES = {
    "authentication_error": "bad_key",
    "permission_error": "bad_key",
    "billing_error": "no_credit",
    "not_found_error": "missing_model",
    "rate_limit_error": "rate_limited",
    "timeout_error": "server_error",
    "api_error": "server_error",
    "overloaded_error": "server_error",
}
_SPEND_LIMIT = "enforced_spend_limit_reached"
_NO_CREDIT = re.compile(r"credit balance|API usage limits", re.I)


class Anthropic(Adaptive):
    """One model of Anthropic, or of a gateway with the same protocol."""

    optional = ("temperature", "output_config", "thinking")

    def __init__(self, endpoint: Endpoint) -> None:
        base = base_address(endpoint.base_url)
        path = (base.path or "").removesuffix("/v1")
        super().__init__(
            endpoint,
            base._replace(path=f"{path}/v1/messages").url,
            {"x-api-key": header_value(endpoint.api_key), "anthropic-version": VERSION},
        )

    def _body(self, prompt: Prompt, refused: frozenset[str]) -> Mapping[str, Any]:
        endpoint = self._endpoint
        json_schema = {"type": "json_schema", "schema": strict(prompt.task.schema)}
        body = {
            "model": endpoint.model,
            "max_tokens": endpoint.max_output_tokens,
            "system": instructions(prompt, with_schema="output_config" in refused),
            "messages": [{"role": "user", "content": prompt.ticket}],
            "output_config": {"format": json_schema},
            "thinking": {"type": "disabled"} if endpoint.reasoning_effort == "none" else None,
            "temperature": endpoint.temperature and min(endpoint.temperature, MAX_TEMPERATURE),
        }
        return {
            name: value for name, value in body.items() if name not in refused and value is not None
        }

    def _refusal(self, response: TransportResponse) -> Refusal:
        error = response.error().get("error")
        error = error if isinstance(error, dict) else {}
        message, details = str(error.get("message") or ""), error.get("details")
        reason = _TYPES.get(str(error.get("type"))) or reason_for_status(response.status)
        is_limited = isinstance(details, dict) and details.get("error_code") == _SPEND_LIMIT
        if is_limited or (reason == "bad_request" and _NO_CREDIT.search(message)):
            reason = "no_credit"
        return Refusal(ProviderError(reason, retry_after=response.retry_after), message=message)

    def _reply_of(self, data: Mapping[str, Any]) -> Reply:
        """Read what the answer cost and why it ended before what it says."""
        usage = _usage(data.get("usage"))
        stop_reason, content = data.get("stop_reason"), data.get("content")
        if stop_reason == "refusal":
            raise ProviderError("blocked", usage=usage)
        try:
            text = "".join(part["text"] for part in content or () if part["type"] == "text")
        except (KeyError, TypeError):
            raise ProviderError("bad_response", usage=usage) from None
        if not isinstance(content, list):
            raise ProviderError("bad_response", usage=usage)
        is_cut_off = stop_reason in CUT_OFF
        if not text.strip():  # all that there is may be thinking
            raise ProviderError("cut_off" if is_cut_off else "empty", usage=usage)
        return Reply(text, usage, is_cut_off)


def _usage(usage: Any) -> Usage:
    """Return the tokens. What is read from or written to a cache is counted apart, and rarely."""
    if not isinstance(usage, dict):
        return Usage()
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    input_tokens = sum(token_count(usage.get(name)) for name in names)
    return Usage(input_tokens, token_count(usage.get("output_tokens")))
