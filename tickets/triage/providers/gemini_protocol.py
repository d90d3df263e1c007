"""What both backends for Gemini share: its address, its dialect of JSON Schema, its replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..prompts import Schema
from .base import Endpoint, ProviderError, Reply, Usage, reason_for_status, token_count
from .transport import TransportResponse, base_address

GOOGLE = "https://generativelanguage.googleapis.com"
NOT_BLOCKED = {None, "BLOCK_REASON_UNSPECIFIED"}
CUT_OFF = "MAX_TOKENS"
BLOCKED = {
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
}  # fmt: skip
NOT_SAID = {None, "FINISH_REASON_UNSPECIFIED"}
FINISHED = {*NOT_SAID, "STOP", CUT_OFF}
_UNKNOWN_MODEL = re.compile(r"unexpected model name|models/\S+ is not (?:found|supported)", re.I)
_NO_CREDIT = re.compile(r"\bpre-?pa(?:y|id|yment)\b|\bcredits? (?:are|is) depleted|spend cap", re.I)
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s", re.ASCII)


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
    details = [detail for detail in details if isinstance(detail, dict)]
    message = str(error.get("message", ""))
    reason = reason_for_status(response.status)
    # Google answers 400, not 401, to an unknown key.
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        reason = "bad_key"
    elif response.status == 400 and _UNKNOWN_MODEL.search(message):
        reason = "missing_model"
    elif response.status == 429 and _NO_CREDIT.search(message):
        reason = "no_credit"
    delays = [_seconds(detail.get("retryDelay")) for detail in details]
    return ProviderError(reason, retry_after=max(response.retry_after, *delays, 0.0))


def _seconds(duration: Any) -> float:
    """Return the seconds of a duration such as "37s"; 0 for anything else."""
    match = _SECONDS.fullmatch(duration) if isinstance(duration, str) else None
    return float(match[1]) if match else 0.0


def reply_of(data: Mapping[str, Any]) -> Reply:
    """Return the reply in a successful response; ProviderError if it holds none."""
    usage = _usage(data.get("usageMetadata"))
    try:
        return _reply_of(data, usage)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise ProviderError("bad_response", usage=usage) from None


def _reply_of(data: Mapping[str, Any], usage: Usage) -> Reply:
    """Read why the answer ended before what it says."""
    if (data.get("promptFeedback") or {}).get("blockReason") not in NOT_BLOCKED:
        raise ProviderError("blocked", usage=usage)
    candidate = data["candidates"][0]
    finish = candidate.get("finishReason")
    if finish not in FINISHED:
        raise ProviderError("blocked" if finish in BLOCKED else "empty", usage=usage)
    parts = (candidate.get("content") or {}).get("parts") or []
    text = "".join(part.get("text", "") for part in parts if not part.get("thought"))
    if not text.strip():
        reason = {CUT_OFF: "cut_off", "STOP": "empty"}.get(finish, "bad_response")
        raise ProviderError(reason, usage=usage)
    return Reply(text, usage, finish == CUT_OFF)


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    input_tokens = token_count(usage.get("promptTokenCount"))
    output_tokens = token_count(usage.get("candidatesTokenCount"))
    output_tokens += token_count(usage.get("thoughtsTokenCount"))
    # The messages of Google's package predate thoughts, which only their total includes.
    remainder = token_count(usage.get("totalTokenCount")) - input_tokens
    return Usage(input_tokens, max(output_tokens, remainder))
