"""An HTTP client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode


class Response:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    def json(self) -> Any:
        return json.loads(self.text)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Visitor:
    """An HTTP client with cookies, or with an API token."""

    def __init__(self, port: int, *, session: str = "", token: str = "") -> None:
        self.port, self.token = port, token
        self.cookies = {"sessionid": session} if session else {}

    def get(self, path: str) -> Response:
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> Response:
        """Submit a form with its CSRF token."""
        if "csrftoken" not in self.cookies:
            self.get("/sign-in/")
            self.get("/")
        fields["csrfmiddlewaretoken"] = self.cookies["csrftoken"]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(fields).encode(), form)

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, {"Content-Type": "application/json", **names})

    def deliver(self, message: str) -> Response:
        """Deliver a raw message that came by mail."""
        form = {"Content-Type": "message/rfc822"}
        return self._send("POST", "/api/mail/?mailbox=Support", message.encode(), form)

    def _send(
        self, method: str, path: str, data: bytes | None = None, headers: Any = None
    ) -> Response:
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data=data, headers=headers, method=method)
        try:
            response = Response(urllib.request.build_opener(NoRedirect).open(request, timeout=60))
        except urllib.error.HTTPError as error:
            response = Response(error)
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return response
