"""An authority for OAuth 2.0 on loopback: it issues access tokens, and checks them for Dovecot."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class TokenServer:
    """Issues a token to whoever sends `refresh_token` or the client's secret.

    `requests` has the parameters of each request. `answer` replaces the next answer: a status and
    a JSON object.
    """

    def __init__(self):
        self.requests, self.tokens, self.answer = [], {}, None
        self.user = ""
        self.refresh_token, self.client_secret = "refresh-1", "client-secret"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def issue(self, parameters):
        self.requests.append(parameters)
        if self.answer:
            return self.answer
        is_known = (
            parameters.get("refresh_token") == self.refresh_token
            if parameters["grant_type"] == "refresh_token"
            else parameters.get("client_secret") == self.client_secret
        )
        if not is_known:
            return 400, {"error": "invalid_grant", "error_description": "AADSTS70000: Expired."}
        token = f"access-{len(self.requests)}"
        self.tokens[token] = self.user
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3599}
        if "refresh_token" in parameters:
            self.refresh_token = f"refresh-{len(self.requests) + 1}"
            answer["refresh_token"] = self.refresh_token
        return 200, answer


def _handler(authority):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*authority.issue({k: v[0] for k, v in parse_qs(body).items()}))

        def do_GET(self):
            [token] = parse_qs(urlsplit(self.path).query)["token"]
            user = authority.tokens.get(token)
            self._answer(200 if user else 401, {"username": user})

        def _answer(self, status, content):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler
