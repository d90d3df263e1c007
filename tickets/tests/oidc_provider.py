"""A small OpenID Connect provider on loopback. Its user signs in without being asked."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "desk & co", "a:secret of+the client"


class OidcProvider:
    """`claims` are what it says of its user, `changes` what it gets wrong in the token.

    It notes the `paths` that it was asked for, and waits until it `answers`. Before each answer it
    sends as many spaces as `trickle` says, one in a tenth of a second.
    """

    def __init__(self):
        self.claims = {"sub": "248289761001"}
        self.userinfo = None
        self.changes = {}
        self.codes = {}
        self.paths = []
        self.answers = threading.Event()
        self.answers.set()
        self.trickle = 0
        self.key_id = "one"
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signing = self.private
        self.port = 0
        self.start()
        self.issuer = f"http://127.0.0.1:{self.port}/realms/desk"

    def start(self):
        """Start, or start anew at the same address."""
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()

    def sign_in(self, address):
        """Do as the browser does that is sent to `address`. Return the path that it comes back
        to."""
        query = {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = query
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': query['state']})}"

    def configuration(self):
        answer = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        if self.userinfo is not None:
            answer["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return answer | self.changes.get("configuration", {})

    def signing_keys(self):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
        return {"keys": [public | {"kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def token(self, form, authorization):
        query = self.codes.pop(form["code"])  # a code works once
        credentials = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        client, _, secret = credentials.partition(":")
        assert (unquote_plus(client), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert challenge == query["code_challenge"]
        assert form["redirect_uri"] == query["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": query["nonce"], "auth_time": now}
        claims |= self.claims | self.changes.get("token", {})
        headers = {"kid": self.key_id}
        encoded = jwt.encode(claims, self.signing, "RS256", headers)
        return {"id_token": encoded, "access_token": "access", "token_type": "Bearer"}

    def _handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.paths.append(urlsplit(provider_path(self.path)).path)
                provider.answers.wait(30)
                answers = {
                    "/.well-known/openid-configuration": provider.configuration,
                    "/keys": provider.signing_keys,
                    "/userinfo": lambda: provider.userinfo,
                }
                answer = answers.get(urlsplit(provider_path(self.path)).path)
                self._send(200 if answer else 404, answer() if answer else {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: value for name, [value] in parse_qs(body).items()}
                try:
                    answer = provider.token(form, self.headers["Authorization"])
                except (KeyError, AssertionError):
                    self._send(400, {"error": "invalid_grant"})
                else:
                    self._send(200, answer)

            def _send(self, status, answer):
                spaces = b" " * provider.trickle
                content = spaces + json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                for _ in spaces:
                    self.wfile.write(b" ")
                    time.sleep(0.1)
                self.wfile.write(content[len(spaces) :])

            def log_message(self, *_):
                pass

        return Handler


def provider_path(path):
    return path.removeprefix("/realms/desk")


def unquote_plus(text):
    return unquote(text.replace("+", " "))
