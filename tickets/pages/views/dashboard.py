"""The desk in numbers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tickets.models import Ticket
from tickets.pages.decorators import Request, page


@page("GET", agents=True)
def dashboard(request: Request) -> HttpResponse:
    return render(request, "tickets/dashboard.html", {"stats": Ticket.objects.stats()})
