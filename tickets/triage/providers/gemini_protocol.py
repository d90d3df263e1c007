"""What both ways to Gemini share: its address, its dialect of JSON Schema, its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..config import Endpoint
from ..prompts import Schema
from .base import ProviderError, Reply, count, reason_for_status
from .transport import Answer, base_address

GOOGLE = "https://generativelanguage.googleapis.com"
NOT_BLOCKED = {None, "BLOCK_REASON_UNSPECIFIED"}
FINISHED = {None, "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS"}
_UNKNOWN_MODEL = re.compile(r"unexpected model name|models/\S+ is not (?:found|supported)", re.I)


def address(endpoint: Endpoint) -> str:
    """Scheme, host and path without the API version."""
    url = base_address(endpoint.base_url or GOOGLE)
    return url._replace(path=(url.path or "").removesuffix("/v1beta")).url.rstrip("/")


def dialect(schema: Schema) -> dict[str, Any]:
    """JSON Schema as Gemini has it: types in capitals, and only the keys that the package knows."""
    converted: dict[str, Any] = {"type": schema["type"].upper()}
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


def refusal(answer: Answer) -> ProviderError:
    """The reason behind an answer whose status is not 200."""
    error = answer.error().get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    details = details if isinstance(details, list) else []
    # Google answers 400, not 401, for a key that it does not know.
    if any(isinstance(d, dict) and d.get("reason") == "API_KEY_INVALID" for d in details):
        return ProviderError("bad_key")
    if answer.status == 400 and _UNKNOWN_MODEL.search(str(error.get("message", ""))):
        return ProviderError("missing_model")
    return ProviderError(reason_for_status(answer.status))


def reply_of(data: Mapping[str, Any]) -> Reply:
    """What a good answer says; ProviderError when that is nothing."""
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
    asked = count(usage.get("promptTokenCount"))
    answered = count(usage.get("candidatesTokenCount")) + count(usage.get("thoughtsTokenCount"))
    # The package's messages are older than thoughts: there, only the total counts them.
    return Reply(text, asked, max(answered, count(usage.get("totalTokenCount")) - asked))
