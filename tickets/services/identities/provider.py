"""Ask an OpenID Connect provider who somebody is: the authorization code flow with PKCE.

What it says counts only if its signature, issuer, audience, time and nonce are right
(OpenID Connect Core 1.0, 3.1.3.7). `PyJWT` checks all but the nonce.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3
from django.conf import settings

from ...access.publication import is_loopback
from ...exceptions import ProviderRefused

logger = logging.getLogger(__name__)
SECONDS = 5  # for each answer
MAX_BYTES = 1_000_000
ALGORITHMS = [*("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), *("ES256", "ES384", "EdDSA")]
LEEWAY = 60  # seconds by which its clock may differ
http = urllib3.PoolManager(timeout=SECONDS, retries=False, maxsize=2)

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the desk remembers while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def is_set_up() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def back_address() -> str:
    return f"{settings.SITE_URL}/sign-in/provider/back/"


def new_attempt() -> Attempt:
    return Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))


def address_for(attempt: Attempt, *, again: bool = False) -> str:
    """Return the address at the provider to go to; `again` makes it ask for the password.

    Raise ProviderRefused if the provider does not answer.
    """
    challenge = urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": back_address(),
        "scope": settings.OIDC_SCOPES,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if again else {}),
    }
    endpoint = _configuration()["authorization_endpoint"]
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def claims_of(attempt: Attempt, code: str) -> Claims:
    """Return what the provider says about whoever it sent back with this code.

    Raise ProviderRefused.
    """
    configuration = _configuration()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back_address(),
        "code_verifier": attempt.verifier,
    }
    # RFC 6749, 2.3.1: both are encoded like a form before they are joined.
    credentials = urlencode({settings.OIDC_CLIENT_ID: settings.OIDC_CLIENT_SECRET})
    headers = urllib3.make_headers(basic_auth=credentials.replace("=", ":", 1))
    tokens = _ask("POST", configuration["token_endpoint"], headers, form)
    claims = _verified(str(tokens.get("id_token", "")), configuration)
    if claims.get("nonce") != attempt.nonce:
        raise _refused("nonce")
    endpoint = configuration.get("userinfo_endpoint")
    if endpoint and settings.OIDC_GROUPS_CLAIM not in claims:
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        more = _ask("GET", endpoint, bearer)
        if more.get("sub") != claims["sub"]:
            raise _refused("userinfo")
        claims = more | claims
    return claims


def _verified(token: str, configuration: Claims) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        signing_keys = jwt.PyJWKSet.from_dict(_ask("GET", configuration["jwks_uri"])).keys
        candidates = [key for key in signing_keys if key.key_id in (header.get("kid"), None)]
        claims: Claims = jwt.decode(
            token,
            candidates[0],
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except (jwt.PyJWTError, IndexError) as error:
        raise _refused(f"token: {type(error).__name__}") from None
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise _refused("azp")
    return claims


def _configuration() -> Claims:
    issuer = settings.OIDC_ISSUER
    answer = _ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if answer.get("issuer") != issuer or not all(answer.get(name) for name in needed):
        raise _refused("configuration")
    return answer


def _ask(
    method: str, url: str, headers: dict[str, str] | None = None, form: Claims | None = None
) -> Claims:
    host = urlsplit(url).hostname or ""
    if not url.startswith("https://") and not is_loopback(host):
        raise _refused("no TLS")
    headers = {"Accept": "application/json", **(headers or {})}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        response = http.request(
            method,
            url,
            body=urlencode(form) if form else None,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        content = response.read(MAX_BYTES)
        response.release_conn()
        answer = json.loads(content)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise _refused(f"no answer: {type(error).__name__}") from None
    if response.status != 200 or not isinstance(answer, dict):
        raise _refused(f"status {response.status}")
    return answer


def _refused(reason: str) -> ProviderRefused:
    logger.warning("the provider of accounts was not believed: %s", reason)
    return ProviderRefused()
