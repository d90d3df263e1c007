"""What the real services refuse with a 400: parameters that they do not know, loose schemas.

Each function answers the error's body, or None when there is nothing to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .faults import PARAMETER_FAULTS
from .protocols import gemini_error

GEMINI_KEYS = {
    "contents", "systemInstruction", "generationConfig", "safetySettings", "tools", "toolConfig",
    "cachedContent", "model",
}  # fmt: skip
GENERATION_KEYS = {
    "responseMimeType", "responseSchema", "responseJsonSchema", "maxOutputTokens", "temperature",
    "topP", "topK", "candidateCount", "stopSequences", "seed", "thinkingConfig",
}  # fmt: skip
GEMINI_SCHEMA_KEYS = {
    "type", "format", "description", "nullable", "enum", "items", "maxItems", "minItems",
    "properties", "required", "title", "minimum", "maximum",
}  # fmt: skip
# What Gemini calls the parameters of the other protocol.
IN_GEMINI = {
    "temperature": "temperature",
    "max_tokens": "maxOutputTokens",
    "json_schema": "responseSchema",
    "response_format": "responseSchema",
}
CHAT_KEYS = {
    "model", "messages", "temperature", "top_p", "n", "stop", "seed", "stream", "user", "tools",
    "max_tokens", "max_completion_tokens", "reasoning_effort", "response_format",
}  # fmt: skip
STRICT_KEYS = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "const",
    "description", "title", "$ref", "$defs",
}  # fmt: skip
MAX_TEMPERATURE = 2


def gemini(body: Mapping[str, Any], fault: str | None) -> dict[str, Any] | None:
    """Google's refusal of a request's body."""
    config = _camel(body.get("generationConfig") or body.get("generation_config") or {})
    refused = IN_GEMINI.get(PARAMETER_FAULTS.get(fault or "", ""))
    unknown = [(name, "") for name in _camel(body).keys() - GEMINI_KEYS]
    unknown += [
        (name, " at 'generation_config'")
        for name in config
        if name not in GENERATION_KEYS or name == refused
    ]
    unknown += [
        (name, " at 'generation_config.response_schema'")
        for schema in _schemas(config.get("responseSchema") or {})
        for name in _camel(schema).keys() - GEMINI_SCHEMA_KEYS
    ]
    for name, place in unknown:
        message = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
        return gemini_error(400, message=message)
    return None


def chat(body: Mapping[str, Any], fault: str | None) -> dict[str, Any] | None:
    """OpenAI's refusal of a request's body, in OpenAI's words or those of others."""
    for parameter, message in _complaints(body):
        return _chat_error(message, parameter)
    refused = PARAMETER_FAULTS.get(fault or "")
    if refused and _is_sent(refused, body):
        named = not str(fault).endswith("_unnamed")
        return _unsupported(refused, named=named)
    return None


def _complaints(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("model", "messages"):
        if not body.get(name):
            yield name, f"Missing required parameter: '{name}'."
    for name in sorted(body.keys() - CHAT_KEYS):
        yield name, f"Unrecognized request argument supplied: {name}"
    if {"max_tokens", "max_completion_tokens"} <= body.keys():
        yield "max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' is not supported."
    temperature = body.get("temperature", 1)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= MAX_TEMPERATURE:
        yield "temperature", f"Invalid 'temperature': expected 0 to {MAX_TEMPERATURE}."
    yield from _format_complaints(body)


def _format_complaints(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asked = body.get("response_format") or {}
    if asked.get("type") == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        yield "messages", "'messages' must contain the word 'json' in some form."
    if asked.get("type") != "json_schema":
        return
    wanted = asked.get("json_schema") or {}
    name = str(wanted.get("name", ""))
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        yield "response_format.json_schema.name", "Missing or invalid name of the schema."
    if wanted.get("strict"):
        for complaint in _loose(wanted.get("schema") or {}):
            message = f"Invalid schema for response_format '{name}': {complaint}"
            yield "response_format", message


def _loose(whole: Mapping[str, Any]) -> Iterator[str]:
    """Where a schema is not as strict as strict mode wants it."""
    for schema in _schemas(whole):
        for key in sorted(schema.keys() - STRICT_KEYS):
            yield f"'{key}' is not permitted."
        if schema.get("type") != "object":
            continue
        if schema.get("additionalProperties") is not False:
            yield "'additionalProperties' is required to be supplied and to be false."
        missing = schema.get("properties", {}).keys() - set(schema.get("required", ()))
        for name in sorted(missing):
            yield (
                "'required' is required to be supplied and to be an array including every key in"
                f" properties. Missing '{name}'."
            )


def _schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and all within it."""
    yield schema
    within = [*schema.get("properties", {}).values(), schema.get("items")]
    for inner in within:
        if isinstance(inner, Mapping):
            yield from _schemas(inner)


def _is_sent(refused: str, body: Mapping[str, Any]) -> bool:
    if refused == "json_schema":
        return (body.get("response_format") or {}).get("type") == "json_schema"
    return refused in body


def _unsupported(refused: str, *, named: bool) -> dict[str, Any]:
    """A refusal in OpenAI's manner or, without a name, in Groq's."""
    if refused == "json_schema":
        parameter, words = "response_format", "response format `json_schema`"
    else:
        parameter, words = refused, f"`{refused}`"
    if not named:
        return _chat_error(f"This model does not support {words}.", None)
    message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
    if parameter in other:
        message += f" Use '{other[parameter]}' instead."
    return _chat_error(message, parameter, "unsupported_parameter")


def _chat_error(message: str, parameter: str | None, code: str | None = None) -> dict[str, Any]:
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


def _camel(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Google takes its fields' names in both spellings."""
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value
        for name, value in keys.items()
    }
