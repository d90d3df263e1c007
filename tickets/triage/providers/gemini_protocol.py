"""What both backends for Gemini share: its address, its dialect of JSON Schema, its replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..prompts import Schema
from .base import Endpoint, ProviderError, Reply, reason_for_status, token_count
from .transport import TransportResponse, base_address

GOOGLE = "https://generativelanguage.googleapis.com"
NOT_BLOCKED = {None, "BLOCK_REASON_UNSPECIFIED"}
FINISHED = {None, "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS"}
_UNKNOWN_MODEL = re.compile(r"unexpected model name|models/\S+ is not (?:found|supported)", re.I)


def address(endpoint: Endpoint) -> str:
    """Return scheme, host and path without the API version."""
    url = base_address(endpoint.base_url or GOOGLE)
    return url._replace(path=(url.path or "").removesuffix("/v1beta")).url.rstrip("/")


def dialect(schema: Schema) -> Schema:
    """Return the schema as Gemini takes it: types in capitals, only keys that its package knows."""
    converted = {"type": schema["type"].upper()}
    for key in ("enum", "required", "maxItems"):
        if key in schema:
            converted[key] = schema[key]
    if "enum" in schema:
        converted["format"] = "enum"
    if "items" in schema:
        converted["items"] = dialect(schema["items"])
    if "properties" in schema:
        converted["properties"] = {
            name: dialect(value) for name, value in schema["properties"].items()
        }
    return converted


def refusal(response: TransportResponse) -> ProviderError:
    """Return the error for a response whose status is not 200."""
    error = response.error().get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    details = details if isinstance(details, list) else []
    # Google answers 400, not 401, to an unknown key.
    if any(isinstance(d, dict) and d.get("reason") == "API_KEY_INVALID" for d in details):
        return ProviderError("bad_key")
    if response.status == 400 and _UNKNOWN_MODEL.search(str(error.get("message", ""))):
        return ProviderError("missing_model")
    return ProviderError(reason_for_status(response.status))


def reply_of(data: Mapping[str, Any]) -> Reply:
    """Return the reply in a successful response; ProviderError if it holds none."""
    try:
        return _reply_of(data)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ProviderError("bad_response") from None


def _reply_of(data: Mapping[str, Any]) -> Reply:
    if (data.get("promptFeedback") or {}).get("blockReason") not in NOT_BLOCKED:
        raise ProviderError("blocked")
    candidate = data["candidates"][0]
    if candidate.get("finishReason") not in FINISHED:
        raise ProviderError("blocked")
    parts = (candidate.get("content") or {}).get("parts") or []
    text = "".join(part.get("text", "") for part in parts if not part.get("thought"))
    if not text:
        raise ProviderError("bad_response")
    usage = data.get("usageMetadata") or {}
    input_tokens = token_count(usage.get("promptTokenCount"))
    output_tokens = token_count(usage.get("candidatesTokenCount"))
    output_tokens += token_count(usage.get("thoughtsTokenCount"))
    # The messages of Google's package predate thoughts, which only their total includes.
    remainder = token_count(usage.get("totalTokenCount")) - input_tokens
    return Reply(text, input_tokens, max(output_tokens, remainder))
