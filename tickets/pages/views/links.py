"""Email somebody the private links of their tickets. The answer is the same for every address."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from ...access.actors import actor_of
from ...access.throttling import throttle_anonymous
from ...exceptions import RateLimited
from ...forms.tickets import AddressForm
from ...services.private_links import request_links
from ...web.errors import with_retry_after
from ..decorators import Request, page


# The requester's page has this form too, and from there browsers send `Origin: null`, see there.
# A forged request does no more than anybody may: it emails an address what is its own.
@csrf_exempt
@page("GET", "POST", public=True)
def links(request: Request) -> HttpResponse:
    form = AddressForm(request.POST) if request.method == "POST" else AddressForm()
    if not form.is_bound:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        throttle_anonymous(request, actor_of(request), "links")
    except RateLimited as error:
        form.add_error(None, error.detail)
        return with_retry_after(_page(request, form, status=429), error)
    request_links(form.cleaned_data["requester_email"])
    return redirect("links-sent")


@page("GET", public=True)
def links_sent(request: Request) -> HttpResponse:
    return render(request, "tickets/links_sent.html")


def _page(request: Request, form: AddressForm, status: int = 200) -> HttpResponse:
    return render(request, "tickets/links.html", {"links_form": form}, status=status)
