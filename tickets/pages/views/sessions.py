"""The sessions of the own account: see and end them."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ...access.sessions import sign_in_of
from ...exceptions import NotFound
from ...models.sign_ins import SignIn
from ...services.sessions import end_sessions
from ...web.notices import notify
from ...web.wording import plural
from ..decorators import Request, account_of, page


@page("GET", accounts=True)
def sessions(request: Request) -> HttpResponse:
    rows = SignIn.objects.live(account_of(request))
    context = {
        "rows": rows,
        "current": sign_in_of(request),
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
    }
    return render(request, "tickets/sessions.html", context)


@page("POST", accounts=True)
def end(request: Request, session_id: int) -> HttpResponse:
    current = sign_in_of(request)
    if current is not None and current.pk == session_id:
        return redirect("sessions")  # the button "Sign out" ends this one
    chosen = SignIn.objects.live(account_of(request)).filter(pk=session_id)
    if not end_sessions(chosen, account_of(request)):
        raise NotFound("This session has ended already.")
    notify(request, "The session has ended.")
    return redirect("sessions")


@page("POST", accounts=True)
def end_others(request: Request) -> HttpResponse:
    current = sign_in_of(request)
    own = SignIn.objects.filter(account=account_of(request))
    count = end_sessions(own.exclude(pk=current.pk if current else 0), account_of(request))
    notify(request, f"Ended: {plural(count, 'other session')}.")
    return redirect("sessions")
