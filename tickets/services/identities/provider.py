"""Ask an OpenID Connect provider who somebody is: the authorization code flow with PKCE.

What it says counts only if its signature, issuer, audience, time and nonce are right
(OpenID Connect Core 1.0, 3.1.3.7). `PyJWT` checks all but the nonce.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
import urllib3
from django.conf import settings

from .requests import Claims, connection_to, refused

ALGORITHMS = [*("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), *("ES256", "ES384", "EdDSA")]
LEEWAY = 60  # seconds by which its clock may differ
MAX_AGE = 300  # seconds for which its configuration and keys are believed
MAX_AGE_OF_MISSING_KEY = 10  # seconds until they are fetched once more for a key that is not there


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
    connection = connection_to(settings.OIDC_ISSUER)
    tokens = connection.ask("POST", configuration["token_endpoint"], headers, form)
    claims = _verified(str(tokens.get("id_token", "")), configuration)
    if claims.get("nonce") != attempt.nonce:
        raise refused("nonce")
    endpoint = configuration.get("userinfo_endpoint")
    if endpoint and settings.OIDC_GROUPS_CLAIM not in claims:
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        more = connection.ask("GET", endpoint, bearer)
        if more.get("sub") != claims["sub"]:
            raise refused("userinfo")
        claims = more | claims
    return claims


def _verified(token: str, configuration: Claims) -> Claims:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        claims: Claims = jwt.decode(
            token,
            _signing_key(key_id, configuration["jwks_uri"]),
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise refused(f"token: {type(error).__name__}") from None
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise refused("azp")
    return claims


def _signing_key(key_id: Any, address: str) -> jwt.PyJWK:
    """Return the provider's key of this id, or its first one without an id."""
    for max_age in (MAX_AGE, MAX_AGE_OF_MISSING_KEY):
        known = connection_to(settings.OIDC_ISSUER).get(address, jwt.PyJWKSet.from_dict, max_age)
        for key in known.keys:
            if key.key_id in (key_id, None):
                return key
    raise refused("unknown key")


def _configuration() -> Claims:
    issuer = settings.OIDC_ISSUER
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    return connection_to(issuer).get(address, _checked_configuration, MAX_AGE)


def _checked_configuration(answer: Claims) -> Claims:
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    is_complete = all(isinstance(answer.get(name), str) and answer[name] for name in needed)
    if answer.get("issuer") != settings.OIDC_ISSUER or not is_complete:
        raise refused("configuration")
    return answer
