"""The faults of the fake model."""

from __future__ import annotations

import re
from collections.abc import Callable

STATUS_FAULTS = {
    "400": 400,
    "401": 401,
    "402": 402,
    "403": 403,
    "404": 404,
    "410": 410,
    "429": 429,
    "retry_after": 429,  # with how long to wait
    "500": 500,
    "503": 503,
    "bad_key": 400,  # Gemini's status for an unknown key
    "missing_model": 400,  # some services' status for an unknown model
}
TRANSPORT_FAULTS = ("html", "hang", "drip", "cut_body", "huge", "close")
REPLY_FAULTS = (
    "truncated",  # cut off by the token limit, in the middle of the JSON
    "wrong_value",
    "wrong_type",
    "missing_field",
    "prose",
    "two_objects",
    "not_json",
    "empty",
    "only_thoughts",  # the token limit was reached before the answer
    "safety",
    "fenced",
    "think",
    "upper",
)
FAULTS = (*STATUS_FAULTS, *TRANSPORT_FAULTS, *REPLY_FAULTS)
# A parameter that the model does not support. A request that has it is rejected as OpenAI does
# or, with "_unnamed", as Groq and llama.cpp do: "param" is null and only the message names it.
PARAMETER_FAULTS = {
    f"no_{name}{style}": name
    for name in (
        "temperature",
        "reasoning_effort",
        "max_tokens",
        "max_completion_tokens",
        "json_schema",
        "response_format",
    )
    for style in ("", "_unnamed")
}
KNOWN = (*FAULTS, *PARAMETER_FAULTS)

RETRY_AFTER_SECONDS = 120
CUT_SHORT = frozenset({"truncated", "only_thoughts"})
HEADER = "X-Fake-Fault"
_MARKER = re.compile(r"\[\[fault:(\w+)\]\]")


def fault_in(message: str) -> str | None:
    """Return the fault that a ticket's text requests, as in "[[fault:hang]]"."""
    match = _MARKER.search(message)
    return match[1] if match and match[1] in KNOWN else None


_VALUE = re.compile(r': ("[^"]*"|\d+)')
_CHANGES: dict[str, Callable[[str], str]] = {
    "truncated": lambda text: text[: len(text) * 2 // 3],
    "wrong_value": lambda text: _VALUE.sub(': "no such value"', text),
    "wrong_type": lambda text: _VALUE.sub(": [true]", text),
    "missing_field": lambda text: "{}",
    "prose": lambda text: f"Sure, here is the answer:\n{text}\nAnything else?",
    "two_objects": lambda text: f"{text}\n{text}",
    "not_json": lambda text: "I would say that this is billing.",
    "empty": lambda text: "",
    "only_thoughts": lambda text: "",
    "fenced": lambda text: f"```json\n{text}\n```",
    "think": lambda text: f"<think>Is {{this}} urgent? Let me see.</think>\n{text}",
    "upper": lambda text: _VALUE.sub(lambda match: match[0].upper(), text),
}


def spoil(fault: str | None, text: str) -> str:
    """Return the reply's text as this fault changes it."""
    return _CHANGES[fault](text) if fault in _CHANGES else text
