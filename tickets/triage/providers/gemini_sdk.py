"""Google's Gemini through `google-generativeai`. Only this file imports that package.

Version 0.8.6 retries for ten minutes by default, whatever the timeout, and its transport limits
the time of each read from the socket rather than of the whole response. So its retries are
disabled, and it sends its requests by our transport.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter

from ..prompts import Prompt
from . import gemini_protocol
from .base import Endpoint, ProviderError, Reply, header_value
from .proxies import Proxies
from .transport import Transport

# The package warns about the end of its support on every import; the README says it once.
warnings.filterwarnings("ignore", message="(?s).*google.generativeai", category=FutureWarning)

from google.generativeai import client as genai_client  # noqa: E402
from google.generativeai import protos  # noqa: E402
from google.generativeai.generative_models import GenerativeModel  # noqa: E402

_configure_lock = threading.Lock()  # the package keeps its configuration in module globals


class GeminiSdk:
    """Gemini by Google's package. Without a key the package would ask a metadata server for one."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = _connect(endpoint)

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
        return gemini_protocol.reply_of(data)

    def _model_for(self, prompt: Prompt) -> Any:
        config: Any = {
            "response_mime_type": "application/json",
            "response_schema": _message(gemini_protocol.dialect(prompt.task.schema)),
            "max_output_tokens": self._endpoint.max_output_tokens,
        }
        if self._endpoint.temperature is not None:
            config["temperature"] = self._endpoint.temperature
        model = GenerativeModel(
            self._endpoint.model,
            system_instruction=prompt.task.instructions,
            generation_config=config,
        )
        model._client = self._client  # by default it takes whichever was configured last
        return model


def _message(schema: Mapping[str, Any]) -> Any:
    return protos.Schema.from_json(json.dumps(schema))


class Adapter(BaseAdapter):
    """Sends the requests of the package by our transport."""

    def __init__(self, proxies: Proxies) -> None:
        super().__init__()
        self._transport = Transport(proxies)

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = _service_headers(request.headers)
        received = self._transport.post(request.url, headers, body, options["timeout"])
        if received.status != 200:
            raise gemini_protocol.refusal(received)
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code, response._content = received.status, received.body
        return response

    def close(self) -> None:
        """Do nothing: the transport closes its idle connections."""


def _service_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers meant for the service, without those about coding and connection."""
    wanted = ("content-type", "x-goog-")
    return {name: value for name, value in headers.items() if name.lower().startswith(wanted)}


def _connect(endpoint: Endpoint) -> Any:
    key, address = header_value(endpoint.api_key), gemini_protocol.address(endpoint)
    with _configure_lock:
        genai_client.configure(
            api_key=key, transport="rest", client_options={"api_endpoint": address}
        )
        client = genai_client.get_default_generative_client()
    session: Any = vars(client.transport)["_session"]
    adapter = Adapter(endpoint.proxies)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return client
