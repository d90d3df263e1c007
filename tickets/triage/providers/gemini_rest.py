"""Google's Gemini over its REST interface, without Google's package."""

from __future__ import annotations

import json
from urllib.parse import quote

from ..prompts import Prompt
from . import gemini_protocol
from .base import Endpoint, Reply, header_value
from .transport import Transport


class GeminiRest:
    """Gemini by plain HTTP requests. The key is sent in a header, never in the address."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._headers = {"x-goog-api-key": header_value(endpoint.api_key)}
        model = endpoint.model if "/" in endpoint.model else f"models/{endpoint.model}"
        self._url = f"{gemini_protocol.address(endpoint)}/v1beta/{quote(model)}:generateContent"
        self._transport = Transport(endpoint.proxies)

    def complete(self, prompt: Prompt, timeout: float) -> Reply:
        response = self._transport.post(self._url, self._headers, self._body(prompt), timeout)
        if response.status != 200:
            raise gemini_protocol.refusal(response)
        return gemini_protocol.reply_of(response.json())

    def _body(self, prompt: Prompt) -> bytes:
        config = {
            "responseMimeType": "application/json",
            "responseSchema": gemini_protocol.dialect(prompt.task.schema),
            "maxOutputTokens": self._endpoint.max_output_tokens,
        }
        if self._endpoint.temperature is not None:
            config["temperature"] = self._endpoint.temperature
        request = {
            "systemInstruction": {"parts": [{"text": prompt.task.instructions}]},
            "contents": [{"role": "user", "parts": [{"text": prompt.ticket}]}],
            "generationConfig": config,
        }
        return json.dumps(request).encode()
