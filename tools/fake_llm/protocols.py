"""The three protocols: read the text and schema of a request, and build responses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .faults import RETRY_AFTER_SECONDS

GEMINI_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    410: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
MESSAGES = {
    400: "Request contains an invalid argument.",
    402: "Your credit balance is used up.",
    401: "Request had invalid authentication credentials.",
    403: "Permission denied: the API key may not use this model.",
    404: "The model is not found, or is not supported for this method.",
    410: "The model has been shut down.",
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred. Please retry.",
    503: "The model is overloaded. Please try again later.",
}
_GEMINI_MESSAGES = {
    "bad_key": "API key not valid. Please pass a valid API key.",
    "missing_model": "* GenerateContentRequest.model: unexpected model name format",
}
_CHAT_ERRORS = {
    "bad_key": ("Incorrect API key provided.", "invalid_api_key"),
    "401": ("Incorrect API key provided.", "invalid_api_key"),
    "404": ("The model does not exist or you do not have access to it.", "model_not_found"),
    "missing_model": ("The requested model does not exist.", None),
    "429": ("Rate limit reached for this model.", "rate_limit_exceeded"),
}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
}
_ANTHROPIC_MESSAGES = {
    "bad_key": ("authentication_error", "invalid x-api-key"),
    "missing_model": ("not_found_error", "model: any-model"),
}
KEY_HEADERS = ("x-goog-api-key", "Authorization", "x-api-key")
MODELS = ("fake-model",)
THINKING_TOKENS = 40


class Question(NamedTuple):
    """A request to the model, independent of the protocol."""

    model: str
    message: str  # the user's last message
    schema: Mapping[str, Any]
    parameters: Mapping[str, Any]  # temperature, token limits and the like


def gemini_question(model: str, body: Mapping[str, Any]) -> Question:
    contents = body.get("contents") or [{}]
    message = "".join(part.get("text", "") for part in contents[-1].get("parts", []))
    settings = body.get("generationConfig") or {}
    schema = settings.get("responseSchema") or settings.get("responseJsonSchema") or {}
    return Question(model, message, schema, settings)


def gemini_answer(question: Question, text: str, *, cut_short: bool = False) -> dict[str, Any]:
    candidate = {
        "content": {"parts": [{"text": text}] if text else [], "role": "model"},
        "finishReason": "MAX_TOKENS" if cut_short else "STOP",
        "index": 0,
    }
    return _gemini_frame(question, text) | {"candidates": [candidate]}


def gemini_blocked(question: Question) -> dict[str, Any]:
    rating = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
    feedback = {"blockReason": "SAFETY", "safetyRatings": [rating]}
    return _gemini_frame(question, "") | {"promptFeedback": feedback}


def gemini_error(status: int, fault: str | None = None, message: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {
        "code": status,
        "message": message or _GEMINI_MESSAGES.get(fault or "") or MESSAGES[status],
        "status": GEMINI_STATUS[status],
    }
    if fault == "bad_key":
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        detail = {"@type": kind, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        error["details"] = [detail]
    if fault == "retry_after":  # Google sends no header
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{RETRY_AFTER_SECONDS}s"}]
    return {"error": error}


def chat_question(body: Mapping[str, Any]) -> Question:
    messages = [entry for entry in body.get("messages") or [] if entry.get("role") == "user"]
    content = messages[-1].get("content", "") if messages else ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    response_format = (body.get("response_format") or {}).get("json_schema") or {}
    schema = response_format.get("schema") or _schema_in(body.get("messages") or [])
    parameters = {name: value for name, value in body.items() if name != "messages"}
    return Question(str(body.get("model", "")), content, schema, parameters)


def _schema_in(messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the schema in the system message, where clients without `json_schema` put it."""
    for entry in messages:
        text = str(entry.get("content", ""))
        start = text.find('{"type": "object"')
        if entry.get("role") == "system" and start >= 0:
            schema: Mapping[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
            return schema
    return {}


def chat_answer(question: Question, text: str, *, cut_short: bool = False) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "reasoning_content": "Let me see."}
    return _chat_frame(question, message, "length" if cut_short else "stop")


def chat_blocked(question: Question) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    return _chat_frame(question, message, "content_filter")


def chat_error(status: int, fault: str | None = None) -> dict[str, Any]:
    kind = "invalid_request_error" if status < 500 else "server_error"
    message, code = _CHAT_ERRORS.get(fault or "", (MESSAGES[status], None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic_question(body: Mapping[str, Any]) -> Question:
    messages = [entry for entry in body.get("messages") or [] if entry.get("role") == "user"]
    content = messages[-1].get("content", "") if messages else ""
    output_format = (body.get("output_config") or {}).get("format") or {}
    system = {"role": "system", "content": body.get("system", "")}
    schema = output_format.get("schema") or _schema_in([system])
    hidden = ("messages", "system")
    parameters = {name: value for name, value in body.items() if name not in hidden}
    return Question(str(body.get("model", "")), content, schema, parameters)


def anthropic_answer(question: Question, text: str, *, cut_short: bool = False) -> dict[str, Any]:
    stop = "max_tokens" if cut_short else "end_turn"
    return _anthropic_frame(question, text, stop)


def anthropic_blocked(question: Question) -> dict[str, Any]:
    return _anthropic_frame(question, "", "refusal")


def anthropic_error(status: int, fault: str | None = None, message: str = "") -> dict[str, Any]:
    kind = _ANTHROPIC_TYPES.get(status, "invalid_request_error")
    kind, text = _ANTHROPIC_MESSAGES.get(fault or "", (kind, MESSAGES[status]))
    error = {"type": kind, "message": message or text}
    return {"type": "error", "error": error, "request_id": "req_fake"}


def chat_models() -> dict[str, Any]:
    models = [{"id": name, "object": "model", "owned_by": "fake"} for name in MODELS]
    return {"object": "list", "data": models}


def _gemini_frame(question: Question, text: str) -> dict[str, Any]:
    prompt_tokens, reply_tokens = _tokens(question.message), _tokens(text)
    usage = {
        "promptTokenCount": prompt_tokens,
        "candidatesTokenCount": reply_tokens,
        "thoughtsTokenCount": THINKING_TOKENS,
        "totalTokenCount": prompt_tokens + reply_tokens + THINKING_TOKENS,
    }
    return {"usageMetadata": usage, "modelVersion": question.model}


def _anthropic_frame(question: Question, text: str, stop: str) -> dict[str, Any]:
    thoughts = {"type": "thinking", "thinking": "Let me see.", "signature": "fake"}
    content = [thoughts, *([{"type": "text", "text": text}] if text else [])]
    usage = {
        "input_tokens": _tokens(question.message),
        "output_tokens": _tokens(text) + THINKING_TOKENS,
    }
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


def _chat_frame(question: Question, message: dict[str, Any], stop: str) -> dict[str, Any]:
    prompt_tokens = _tokens(question.message)
    completion_tokens = _tokens(json.dumps(message)) + THINKING_TOKENS
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": question.model,
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "completion_tokens_details": {"reasoning_tokens": THINKING_TOKENS},
        },
    }


def _tokens(text: str) -> int:
    """Estimate the number of tokens at four characters each, rounded up."""
    return -(-len(text) // 4)
