"""The two protocols: where a request keeps its text and schema, and what answers look like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

GEMINI_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
MESSAGES = {
    400: "Request contains an invalid argument.",
    401: "Request had invalid authentication credentials.",
    403: "Permission denied: the API key may not use this model.",
    404: "The model is not found, or is not supported for this method.",
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred. Please retry.",
    503: "The model is overloaded. Please try again later.",
}
MODELS = ("fake-model",)


class Question(NamedTuple):
    """What was asked, whichever protocol carried it."""

    model: str
    message: str  # the last message of the user
    schema: Mapping[str, Any]


def gemini_question(model: str, body: Mapping[str, Any]) -> Question:
    contents = body.get("contents") or [{}]
    message = "".join(part.get("text", "") for part in contents[-1].get("parts", []))
    settings = body.get("generationConfig") or {}
    schema = settings.get("responseSchema") or settings.get("responseJsonSchema") or {}
    return Question(model, message, schema)


def gemini_answer(question: Question, text: str, *, cut_short: bool = False) -> dict[str, Any]:
    candidate = {
        "content": {"parts": [{"text": text}], "role": "model"},
        "finishReason": "MAX_TOKENS" if cut_short else "STOP",
        "index": 0,
    }
    return _gemini_frame(question, text) | {"candidates": [candidate]}


def gemini_blocked(question: Question) -> dict[str, Any]:
    rating = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}
    feedback = {"blockReason": "SAFETY", "safetyRatings": [rating]}
    return _gemini_frame(question, "") | {"promptFeedback": feedback}


def gemini_error(status: int, *, bad_key: bool = False) -> dict[str, Any]:
    error: dict[str, Any] = {
        "code": status,
        "message": "API key not valid. Please pass a valid API key."
        if bad_key
        else MESSAGES[status],
        "status": GEMINI_STATUS[status],
    }
    if bad_key:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        detail = {"@type": kind, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
        error["details"] = [detail]
    return {"error": error}


def chat_question(body: Mapping[str, Any]) -> Question:
    messages = [entry for entry in body.get("messages") or [] if entry.get("role") == "user"]
    content = messages[-1].get("content", "") if messages else ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    return Question(str(body.get("model", "")), content, wanted.get("schema") or {})


def chat_answer(question: Question, text: str, *, cut_short: bool = False) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return _chat_frame(question, message, "length" if cut_short else "stop")


def chat_blocked(question: Question) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    return _chat_frame(question, message, "content_filter")


def chat_error(status: int, *, bad_key: bool = False) -> dict[str, Any]:
    kind = "invalid_request_error" if status < 500 else "server_error"
    code = "invalid_api_key" if bad_key or status == 401 else None
    return {"error": {"message": MESSAGES[status], "type": kind, "param": None, "code": code}}


def chat_models() -> dict[str, Any]:
    models = [{"id": name, "object": "model", "owned_by": "fake"} for name in MODELS]
    return {"object": "list", "data": models}


def _gemini_frame(question: Question, text: str) -> dict[str, Any]:
    asked, answered = _tokens(question.message), _tokens(text)
    usage = {
        "promptTokenCount": asked,
        "candidatesTokenCount": answered,
        "totalTokenCount": asked + answered,
    }
    return {"usageMetadata": usage, "modelVersion": question.model}


def _chat_frame(question: Question, message: dict[str, Any], stop: str) -> dict[str, Any]:
    asked, answered = _tokens(question.message), _tokens(json.dumps(message))
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": question.model,
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


def _tokens(text: str) -> int:
    return -(-len(text) // 4)
