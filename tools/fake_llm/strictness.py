"""What the real services reject with a 400: unknown parameters and loose schemas.

Each public function returns the error's body, or None if the request is valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .faults import PARAMETER_FAULTS
from .protocols import anthropic_error, gemini_error

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
# Gemini's names of the chat protocol's parameters.
GEMINI_NAMES = {
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
ANTHROPIC_KEYS = {
    "model", "messages", "max_tokens", "system", "temperature", "thinking", "output_config",
    "metadata", "stop_sequences", "stream", "tools", "tool_choice", "top_k", "top_p",
}  # fmt: skip
# Anthropic's names of the chat protocol's parameters. A limit of tokens is required.
ANTHROPIC_NAMES = {
    "temperature": "temperature",
    "reasoning_effort": "thinking",
    "json_schema": "output_config",
    "response_format": "output_config",
}


def gemini(body: Mapping[str, Any], fault: str | None) -> dict[str, Any] | None:
    """Return Google's error for this request body."""
    config = _camel_case(body.get("generationConfig") or body.get("generation_config") or {})
    unsupported = GEMINI_NAMES.get(PARAMETER_FAULTS.get(fault or "", ""))
    unknown = [(name, "") for name in _camel_case(body).keys() - GEMINI_KEYS]
    unknown += [
        (name, " at 'generation_config'")
        for name in config
        if name not in GENERATION_KEYS or name == unsupported
    ]
    unknown += [
        (name, " at 'generation_config.response_schema'")
        for schema in _schemas(config.get("responseSchema") or {})
        for name in _camel_case(schema).keys() - GEMINI_SCHEMA_KEYS
    ]
    for name, location in unknown:
        message = (
            f'Invalid JSON payload received. Unknown name "{name}"{location}: Cannot find field.'
        )
        return gemini_error(400, message=message)
    return None


def chat(body: Mapping[str, Any], fault: str | None) -> dict[str, Any] | None:
    """Return the error for this request body, as OpenAI or a compatible server reports it."""
    for parameter, message in _errors(body):
        return _chat_error(message, parameter)
    unsupported = PARAMETER_FAULTS.get(fault or "")
    if unsupported and _has_parameter(body, unsupported):
        named = not str(fault).endswith("_unnamed")
        return _unsupported_error(unsupported, named=named)
    return None


def anthropic(body: Mapping[str, Any], fault: str | None) -> dict[str, Any] | None:
    """Return Anthropic's error for this request body."""
    for message in _anthropic_errors(body):
        return anthropic_error(400, message=message)
    unsupported = ANTHROPIC_NAMES.get(PARAMETER_FAULTS.get(fault or "", ""))
    if unsupported in body:
        return anthropic_error(400, message=f"{unsupported}: Extra inputs are not permitted")
    return None


def _anthropic_errors(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("model", "messages", "max_tokens"):
        if not body.get(name):
            yield f"{name}: Field required"
    for name in sorted(body.keys() - ANTHROPIC_KEYS):
        yield f"{name}: Extra inputs are not permitted"
    if not 0 <= body.get("temperature", 1) <= 1:
        yield "temperature: range: 0..1"
    for entry in body.get("messages") or []:
        if entry.get("role") not in ("user", "assistant"):
            yield "messages: the system prompt is a parameter of its own"
    output_format = (body.get("output_config") or {}).get("format") or {}
    for problem in _strict_mode_errors(output_format.get("schema") or {}):
        yield f"output_config.format.schema: {problem}"


def _errors(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
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
    yield from _format_errors(body)


def _format_errors(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    response_format = body.get("response_format") or {}
    if (
        response_format.get("type") == "json_object"
        and "json" not in json.dumps(body["messages"]).lower()
    ):
        yield "messages", "'messages' must contain the word 'json' in some form."
    if response_format.get("type") != "json_schema":
        return
    json_schema = response_format.get("json_schema") or {}
    name = str(json_schema.get("name", ""))
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name):
        yield "response_format.json_schema.name", "Missing or invalid name of the schema."
    if json_schema.get("strict"):
        for problem in _strict_mode_errors(json_schema.get("schema") or {}):
            message = f"Invalid schema for response_format '{name}': {problem}"
            yield "response_format", message


def _strict_mode_errors(root: Mapping[str, Any]) -> Iterator[str]:
    """Yield what strict mode does not accept in a schema."""
    for schema in _schemas(root):
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
    """Yield the schema and all schemas within it."""
    yield schema
    for inner in [*schema.get("properties", {}).values(), schema.get("items")]:
        if isinstance(inner, Mapping):
            yield from _schemas(inner)


def _has_parameter(body: Mapping[str, Any], name: str) -> bool:
    if name == "json_schema":
        return (body.get("response_format") or {}).get("type") == "json_schema"
    return name in body


def _unsupported_error(name: str, *, named: bool) -> dict[str, Any]:
    """Return an error as OpenAI words it or, without `named`, as Groq does."""
    if name == "json_schema":
        parameter, label = "response_format", "response format `json_schema`"
    else:
        parameter, label = name, f"`{name}`"
    if not named:
        return _chat_error(f"This model does not support {label}.", None)
    message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    alternatives = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
    if parameter in alternatives:
        message += f" Use '{alternatives[parameter]}' instead."
    return _chat_error(message, parameter, "unsupported_parameter")


def _chat_error(message: str, parameter: str | None, code: str | None = None) -> dict[str, Any]:
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


def _camel_case(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with camelCase names: Google accepts both spellings."""
    return {
        re.sub(r"_([a-z])", lambda match: match[1].upper(), name): value
        for name, value in fields.items()
    }
