"""CORS: pages of other sites that an operator names may use the JSON API, with a token."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match"
RESPONSE_HEADERS = "ETag, Idempotency-Replayed, Link, Location, Retry-After, X-Request-ID"
HOUR = "3600"  # seconds for which browsers keep the answer to a preflight request


def cross_origin(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Allow the origins of CORS_ALLOWED_ORIGINS, compared exactly, to read answers under /api/.

    Cookies are never allowed, so another site acts with its own token, and not as the visitor.
    """
    allowed = frozenset(settings.CORS_ALLOWED_ORIGINS)

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return get_response(request)
        origin = request.headers.get("Origin", "")
        is_preflight = (
            request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        )
        if origin in allowed and is_preflight:
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = METHODS
            response["Access-Control-Allow-Headers"] = REQUEST_HEADERS
            response["Access-Control-Max-Age"] = HOUR
        else:
            response = get_response(request)
        patch_vary_headers(response, ["Origin"])
        if origin in allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
        return response

    return middleware
