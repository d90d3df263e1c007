"""Google's Gemini through `google-generativeai`, the only file that imports it.

Two things about version 0.8.6 decide this file's shape: its default retry goes on for ten
minutes whatever the timeout, and its own transport bounds one read from the socket, not the
whole answer. So it is told not to retry, and sends what it has to say by ours.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter

from ..config import Endpoint
from ..prompts import Prompt
from . import gemini
from .base import ProviderError, Reply, header_value
from .transport import Transport

# The package announces the end of its support on every import; the README says so once.
warnings.filterwarnings("ignore", message="(?s).*google.generativeai", category=FutureWarning)

from google.generativeai import client as genai_client  # noqa: E402
from google.generativeai import protos  # noqa: E402
from google.generativeai.generative_models import GenerativeModel  # noqa: E402

_configure = threading.Lock()  # the package keeps its configuration in module globals


class GeminiSdk:
    """Gemini by Google's package over REST. Without a key it would ask a metadata server."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = _connect(header_value(endpoint.api_key), gemini.address(endpoint))

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        try:
            response = self._model_for(prompt).generate_content(
                prompt.ticket, request_options={"timeout": timeout, "retry": None}
            )
            message = response._result
            data = type(message).to_dict(
                message, use_integers_for_enums=False, preserving_proto_field_name=False
            )
        except ProviderError:
            raise
        except requests.Timeout as error:
            raise ProviderError("deadline") from error
        except Exception as error:
            raise ProviderError("bad_response") from error
        return gemini.reply_of(data)

    def _model_for(self, prompt: Prompt) -> Any:
        config: Any = {
            "response_mime_type": "application/json",
            "response_schema": _message(gemini.dialect(prompt.task.schema)),
            "max_output_tokens": self._endpoint.max_output_tokens,
        }
        if self._endpoint.temperature is not None:
            config["temperature"] = self._endpoint.temperature
        model = GenerativeModel(
            self._endpoint.model,
            system_instruction=prompt.task.instructions,
            generation_config=config,
        )
        model._client = self._client  # otherwise it takes whatever was configured last
        return model


def _message(schema: Mapping[str, Any]) -> Any:
    return protos.Schema.from_json(json.dumps(schema))


class Adapter(BaseAdapter):
    """Sends what the package asks `requests` to send, by our transport."""

    def __init__(self) -> None:
        super().__init__()
        self._transport = Transport()

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = _own(request.headers)
        answer = self._transport.post(request.url, headers, body, options["timeout"])
        if answer.status != 200:
            raise gemini.refusal(answer)
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code, response._content = answer.status, answer.body
        return response

    def close(self) -> None:
        """Nothing to close: idle connections go with the transport."""


def _own(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that mean something to the service; not those about coding and connection."""
    wanted = ("content-type", "x-goog-")
    return {name: value for name, value in headers.items() if name.lower().startswith(wanted)}


def _connect(key: str, address: str) -> Any:
    with _configure:
        genai_client.configure(
            api_key=key, transport="rest", client_options={"api_endpoint": address}
        )
        client = genai_client.get_default_generative_client()
    session: Any = vars(client.transport)["_session"]
    session.mount("https://", Adapter())
    session.mount("http://", Adapter())
    return client
