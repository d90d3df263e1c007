"""What the protocols share whose models differ in the parameters that they accept.

Any list of such models becomes outdated. So a parameter that a refusal names is left out or
replaced, and remains so if that has helped.
"""

from __future__ import annotations

import json
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..prompts import Prompt, Schema
from .base import Endpoint, ProviderError, Reply
from .transport import Transport, TransportResponse

# The keys of a schema that strict modes accept everywhere. OpenAI accepts bounds of numbers and
# lengths for some models only, Anthropic does for none; replies are validated anyway.
STRICT_KEYS = ("type", "enum", "required", "additionalProperties", "properties", "items")
# The names of the parameters in refusals, some of which only spell them out.
_NAMES = {
    "temperature": r"temperature",
    "reasoning_effort": r"reasoning[_ ]?effort",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_tokens",
    "response_format": r"response[_ ]format|json_schema|json_object",
    "output_config": r"output_config|output_format|json_schema|structured[_ ]outputs?",
    "thinking": r"thinking",
}


class Refusal(NamedTuple):
    """A response whose status is not 200, as its protocol words it."""

    error: ProviderError
    parameter: str = ""
    message: str = ""


class Adaptive(ABC):
    """One model of one server, asked without what it has refused."""

    optional: tuple[str, ...]  # the parameters that may be left out or replaced

    def __init__(self, endpoint: Endpoint, url: str, headers: Mapping[str, str]) -> None:
        self._endpoint, self._url, self._headers = endpoint, url, headers
        self._transport = Transport(endpoint.proxies)
        names = "|".join(rf"(?P<{name}>\b(?:{_NAMES[name]})\b)" for name in self.optional)
        self._mentions = re.compile(names, re.I)
        self._refused_lock = threading.Lock()
        self._refused: frozenset[str] = frozenset()

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        deadline = time.monotonic() + timeout
        refused = self._refused
        while True:
            body = self._body(prompt, refused)
            seconds = deadline - time.monotonic()
            response = self._transport.post(
                self._url, self._headers, json.dumps(body).encode(), seconds
            )
            if response.status == 200:
                self._remember(refused)
                return self._reply_of(response.json())
            refusal = self._refusal(response)
            name = self._parameter(refusal, body)
            if refusal.error.reason != "bad_request" or not name:
                raise refusal.error
            refused |= {self._refused_name(name, refused)}

    @abstractmethod
    def _body(self, prompt: Prompt, refused: frozenset[str]) -> Mapping[str, Any]:
        """Return the request without what is in `refused`."""

    @abstractmethod
    def _reply_of(self, data: Mapping[str, Any]) -> Reply:
        """Return the reply in a successful response; ProviderError if it holds none."""

    @abstractmethod
    def _refusal(self, response: TransportResponse) -> Refusal:
        """Read a response whose status is not 200."""

    def _refused_name(self, parameter: str, refused: frozenset[str]) -> str:
        """Return what to note as refused if a refusal is about this parameter."""
        return parameter

    def _remember(self, refused: frozenset[str]) -> None:
        """Remember only what has helped: a refusal may mention a parameter that it is not about."""
        if not refused <= self._refused:
            with self._refused_lock:
                self._refused |= refused

    def _parameter(self, refusal: Refusal, body: Mapping[str, Any]) -> str:
        """Return the optional parameter of the request that a refusal is about, or ""."""
        mentioned = (str(match.lastgroup) for match in self._mentions.finditer(refusal.message))
        names = (refusal.parameter, *mentioned)
        return next((name for name in names if name in self.optional and name in body), "")


def strict(schema: Schema) -> Schema:
    """Return the schema in the subset that strict modes accept everywhere.

    All fields are required, and no other ones are allowed.
    """
    subset = {key: schema[key] for key in STRICT_KEYS if key in schema}
    if "items" in subset:
        subset["items"] = strict(subset["items"])
    if "properties" in subset:
        properties = {name: strict(value) for name, value in subset["properties"].items()}
        subset |= {
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return subset


def instructions(prompt: Prompt, *, with_schema: bool) -> str:
    """Return the task's instructions; with its schema, if no parameter of the request has it."""
    if not with_schema:
        return prompt.task.instructions
    schema = json.dumps(strict(prompt.task.schema))
    return f"{prompt.task.instructions}\nThe JSON Schema of the answer:\n{schema}\n"
