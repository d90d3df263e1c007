"""Google's Gemini through `google-generativeai`, the only file that imports it.

Three things about version 0.8.6 decide this file's shape: its default retry goes on for ten
minutes whatever the timeout; without a key it asks a metadata server for twelve seconds; its
timeout bounds one read from the socket, not the whole answer.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping
from typing import Any

import requests
from google.api_core import exceptions as google_errors
from requests.adapters import HTTPAdapter
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from ..config import Endpoint
from ..prompts import Prompt
from .base import ProviderError, Reply, reason_for_status

# The package announces the end of its support on every import; the README says so once.
warnings.filterwarnings("ignore", message="(?s).*google.generativeai", category=FutureWarning)

from google.generativeai import client as genai_client  # noqa: E402
from google.generativeai.generative_models import GenerativeModel  # noqa: E402

MAX_RESPONSE_BYTES = 1_000_000
_configure = threading.Lock()  # the package keeps its configuration in module globals


class GeminiSdk:
    """Gemini by REST. Needs `endpoint.api_key`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = _connect(endpoint)

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        try:
            response = self._model_for(prompt).generate_content(
                prompt.ticket, request_options={"timeout": timeout, "retry": None}
            )
        except ProviderError:
            raise
        except Exception as error:
            raise ProviderError(_reason(error)) from error
        usage = response.usage_metadata
        answered = usage.total_token_count - usage.prompt_token_count
        return Reply(_text_of(response), usage.prompt_token_count, max(answered, 0))

    def _model_for(self, prompt: Prompt) -> Any:
        generation: dict[str, Any] = {
            "response_mime_type": "application/json",
            "response_schema": _gemini_schema(prompt.task.schema),
            "max_output_tokens": self._endpoint.max_output_tokens,
        }
        if self._endpoint.temperature is not None:
            generation["temperature"] = self._endpoint.temperature
        model = GenerativeModel(
            self._endpoint.model,
            system_instruction=prompt.task.instructions,
            generation_config=generation,
        )
        model._client = self._client  # otherwise it takes whatever was configured last
        return model


class BoundedAdapter(HTTPAdapter):
    """Reads a whole body within the request's timeout and a million bytes, or gives up.

    Without it a server that drips would hold the calling thread for as long as it likes.
    """

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        seconds = float(options.get("timeout") or 10)
        deadline = time.monotonic() + seconds
        options["stream"] = True
        response = super().send(request, *args, **options)
        try:
            response._content = _read_body(response.raw, deadline)
        except Urllib3Timeout as error:
            raise ProviderError("deadline") from error
        finally:
            if response._content is False:
                response.close()
        return response


def _read_body(raw: Any, deadline: float) -> bytes:
    body = bytearray()
    while chunk := raw.read1(65_536, decode_content=True):
        body += chunk
        if time.monotonic() > deadline:
            raise ProviderError("deadline")
        if len(body) > MAX_RESPONSE_BYTES:
            raise ProviderError("bad_response")
    return bytes(body)


def _connect(endpoint: Endpoint) -> Any:
    options = {}
    if endpoint.base_url:
        options["api_endpoint"] = _endpoint(endpoint.base_url)
    with _configure:
        genai_client.configure(
            api_key=endpoint.api_key, transport="rest", client_options=options or None
        )
        client = genai_client.get_default_generative_client()
    session: Any = vars(client.transport)["_session"]
    session._refresh_status_codes = ()  # a 401 would be asked three times: a key has no refresh
    session.mount("https://", BoundedAdapter())
    session.mount("http://", BoundedAdapter())
    return client


def _endpoint(base_url: str) -> str:
    """Scheme, host and path without the API version, which the package adds itself."""
    return base_url.strip().rstrip("/").removesuffix("/v1beta").rstrip("/")


def _gemini_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema in Gemini's dialect: types in capitals, and only keys that this version sends."""
    converted: dict[str, Any] = {"type": schema["type"].upper()}
    for key in ("enum", "required", "maxItems"):
        if key in schema:
            converted["max_items" if key == "maxItems" else key] = schema[key]
    if "enum" in schema:
        converted["format"] = "enum"
    if "items" in schema:
        converted["items"] = _gemini_schema(schema["items"])
    if "properties" in schema:
        converted["properties"] = {
            name: _gemini_schema(value) for name, value in schema["properties"].items()
        }
    return converted


def _text_of(response: Any) -> str:
    if response.prompt_feedback.block_reason or not response.candidates:
        raise ProviderError("blocked" if response.prompt_feedback.block_reason else "bad_response")
    candidate = response.candidates[0]
    text = "".join(part.text for part in candidate.content.parts)
    if not text:
        stopped = candidate.finish_reason.name in {"STOP", "MAX_TOKENS"}
        raise ProviderError("bad_response" if stopped else "blocked")
    return text


def _reason(error: Exception) -> str:
    if isinstance(error, google_errors.GoogleAPICallError):
        # Google answers 400, not 401, for a key that it does not know. (`error.reason` would
        # say so as well, but over REST that property raises AttributeError.)
        details = [detail for detail in error.details if isinstance(detail, dict)]
        if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
            return "bad_key"
        return reason_for_status(error.code or 500)
    if isinstance(error, requests.Timeout):
        return "deadline"
    if isinstance(error, requests.ConnectionError):
        return "unreachable"
    return "bad_response"
