"""The API's own description and the health checks."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from ... import __version__
from ...access.actors import Actor
from ...access.client_addresses import client_address, forwarded_for
from ...exceptions import NotFound
from ...services.doctor.signature import HEADER, is_valid
from ...services.metrics import exposition
from ...services.readiness import require_all
from ...vocabulary import Scope
from ..endpoints import endpoint
from ..http import JsonObject, answer
from ..openapi.document import document
from ..openapi.readable import readable
from ..shapes import HealthJson


@endpoint(tag="service", returns=JsonObject, success="OpenAPI 3.1.")
def openapi(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Get this document."""
    return answer(document())


@endpoint(tag="service", returns=str, media="text/html", success="A page.")
def docs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show this document as a page."""
    return render(request, "api_docs.html", {"api": readable(document())})


@endpoint(tag="service", identify=False, returns=HealthJson, success="The process is alive.")
def health(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Check that the process is alive.

    Does not query the database.
    """
    return answer(HealthJson(status="ok"))


@endpoint(tag="service", identify=False, returns=HealthJson, success="The desk is ready.")
def readiness(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Check that the database answers and has every migration, and that a worker is alive.

    The keys of `errors` name what is missing: `database`, `migrations` or `worker`.
    """
    require_all()
    return answer(HealthJson(status="ready"))


@endpoint(
    tag="service",
    scope=Scope.ADMIN,
    for_operators=True,
    returns=str,
    media="text/plain",
    success="Metrics in Prometheus' text format.",
)
def metrics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Get what the desk counts, for Prometheus.

    Send the token of METRICS_TOKEN, or an admin's. While the database is away, only what the web
    server itself counts is in it.
    """
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


@csrf_exempt
def seen(request: HttpRequest) -> HttpResponse:
    """Tell `manage.py doctor` what came of its request through the proxies; others get 404."""
    if request.method != "GET" or not is_valid(request.headers.get(HEADER, "")):
        raise NotFound
    return answer(
        {
            "version": __version__,
            "client": client_address(request),
            "forwarded_for": [hop for hop in forwarded_for(request) if hop],
            "scheme": request.scheme,
            "host": request.get_host(),
            "https": settings.HTTPS,
            "trusted_proxies": settings.TRUSTED_PROXIES,
        }
    )


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Return 404 for any other path under /api/."""
    raise NotFound
