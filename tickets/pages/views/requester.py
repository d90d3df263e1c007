"""The requester's page. Whoever has its address may read, reply and close, nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from ... import requester_texts as texts
from ...access import security_log
from ...access.actors import actor_of
from ...access.throttling import throttle_anonymous, throttle_replies
from ...exceptions import NotFound, RateLimited
from ...forms.fields import clean_data
from ...forms.people import LanguageForm
from ...forms.tickets import AddressForm, EarlierForm, ReplyForm
from ...models.private_link import digest
from ...models.ticket import Comment, Ticket
from ...models.workplace import public_author, signature_below
from ...querysets.comments import Portion
from ...services.addresses import (
    AddressRequest,
    confirm_address,
    find_check,
    pending_address,
    request_address,
)
from ...services.attachments.storing import storing
from ...services.comments import add_reply, close_by_requester
from ...services.link_holders import opens_page_of
from ...services.mail.bounced import bounce_of
from ...services.mail.smtp import is_set_up
from ...services.private_links import tickets_opened_by
from ...services.replies import send_due_replies
from ...services.tickets import choose_language
from ...vocabulary import AuthorRole, Status
from ...web.errors import with_retry_after
from ...web.language import COOKIE, name_language
from ...web.notices import notify
from ..decorators import Request, page
from ..files import (
    FILE_ERRORS,
    RequesterFiles,
    add_file_error,
    count_files,
    earlier_files,
)
from ..mailed import mailed
from .session import set_preference

Answer = Callable[..., HttpResponseBase]


def private_page(*methods: str, files: bool = False) -> Callable[[Answer], Answer]:
    """Make a page that its secret address authorises, and which nobody else may learn.

    No other site can forge a form to such an address. Browsers also send `Origin: null` from a
    page without referrer, which the CSRF check would refuse.
    """

    def decorate(view: Answer) -> Answer:
        @wraps(view)
        def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            # Neither a cache nor another site nor a search engine may learn the address.
            response.headers.setdefault("Cache-Control", "no-store")
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex"
            return response

        return csrf_exempt(page(*methods, public=True, files=files)(answer))

    return decorate


def of_ticket(view: Answer) -> Answer:
    """Pass the ticket of the private link, or the one that it was merged into.

    Answer in the ticket's language. Explain a link that does not work (any more), without saying
    why: an expired one answers as one that was never there. The link of a merged ticket that a
    stranger may have says only that.
    """

    @wraps(view)
    def answer(request: Request, secret: str, **captured: Any) -> HttpResponseBase:
        linked = Ticket.with_merged.filter(link_digest=digest(secret)).first()
        if linked is None:
            return dead_link(request)
        ticket = Ticket.including_spam.find_current(linked.pk)
        if not opens_page_of(linked, ticket):
            return in_language_of(linked, lambda: _merged_link(request))
        if ticket.is_link_expired:
            return dead_link(request)
        ticket.opened_from = linked
        if send_due_replies(ticket):
            ticket.refresh_from_db()
        return in_language_of(ticket, lambda: view(request, ticket, secret, **captured))

    return answer


def in_language_of(ticket: Ticket, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    with override(ticket.language):
        response = answer()
        name_language(response)
    return response


@private_page("GET", "POST")
def dead_link(request: Request, path: str = "") -> HttpResponse:
    """Say that a link does not work, whether it was revoked, replaced or never there."""
    return render(request, "tickets/dead_link.html", {"links_form": AddressForm()}, status=404)


def _merged_link(request: Request) -> HttpResponse:
    """Say that a ticket is part of another one, and nothing about that one."""
    return render(request, "tickets/merged_link.html", {"links_form": AddressForm()}, status=404)


@private_page("GET", "POST", files=True)
@of_ticket
def requester_page(request: Request, ticket: Ticket, secret: str) -> HttpResponse:
    if request.method != "POST":
        security_log.note_opened(ticket.pk, secret, request)
        return _page(request, ticket, secret)
    form = ReplyForm(request.POST, files=request.FILES)
    if refusal := _refusal(request, ticket, secret, form=form):
        return refusal
    files = form.cleaned_data["files"]
    try:
        count_files(request, files)
        with storing(files):
            add_reply(ticket, form.cleaned_data)
    except FILE_ERRORS as error:
        status = add_file_error(form, error)
        response = _page(request, ticket, secret, status=status, form=form)
        return with_retry_after(response, error)
    notify(request, texts.REPLY_REOPENED if ticket.is_finished else texts.REPLY_SENT)
    return redirect("requester-page", secret)


@private_page("POST")
@of_ticket
def address(request: Request, ticket: Ticket, secret: str) -> HttpResponse:
    """Mail a confirmation link to the address that the requester wants to use."""
    form = AddressForm(request.POST)
    if refusal := _refusal(request, ticket, secret, address_form=form):
        return refusal
    result = request_address(ticket.opened_from, form.cleaned_data["requester_email"])
    if result == AddressRequest.LIMITED:
        form.add_error("requester_email", str(texts.ADDRESS_LIMITED))
        return _page(request, ticket, secret, address_form=form, status=429)
    is_same = result == AddressRequest.SAME
    notify(request, texts.ADDRESS_SAME if is_same else texts.ADDRESS_CHECK_SENT)
    return redirect("requester-page", secret)


@private_page("POST")
@of_ticket
def close(request: Request, ticket: Ticket, secret: str) -> HttpResponse:
    close_by_requester(ticket)
    notify(request, texts.TICKET_CLOSED)
    return redirect("requester-page", secret)


@private_page("POST")
@of_ticket
def language(request: Request, ticket: Ticket, secret: str) -> HttpResponse:
    """Choose the language of this page, of the ticket's emails and of this browser's visits."""
    response = redirect("requester-page", secret)
    form = LanguageForm(request.POST)
    if form.is_valid():
        choose_language(ticket, form.cleaned_data["language"])
        set_preference(response, COOKIE, form.cleaned_data["language"])
    return response


# Mail programs open links by themselves, so opening this one changes nothing.
@private_page("GET", "POST")
def confirm(request: Request, token: str) -> HttpResponseBase:
    """Confirm an address by the link that was mailed to it."""
    try:
        if request.method == "POST":
            ticket = confirm_address(token)
            with override(ticket.language):
                notify(request, texts.ADDRESS_CONFIRMED)
            return redirect(ticket.private_link_path())
        email, ticket = find_check(token)
        return in_language_of(
            ticket, lambda: render(request, "tickets/confirm.html", {"email": email})
        )
    except NotFound:
        return render(request, "tickets/confirm.html", status=404)


def _refusal(
    request: Request, ticket: Ticket, secret: str, **form: forms.Form
) -> HttpResponse | None:
    """Return the page with the form's errors, or None if the form is fine."""
    (sent,) = form.values()
    if not sent.is_valid():
        return _page(request, ticket, secret, status=400, **form)
    try:
        throttle_anonymous(request, actor_of(request), "create")
        if "form" in form:
            throttle_replies(ticket.pk)
    except RateLimited as error:
        sent.add_error(None, error.detail)
        response = _page(request, ticket, secret, status=429, **form)
        return with_retry_after(response, error)
    return None


def _page(
    request: Request, ticket: Ticket, secret: str, *, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    """Return the page. `bound` is the form that was refused: `form` or `address_form`."""
    portion = ticket.comments.filter(public=True).with_origin().portion()
    comments = portion.messages
    files = RequesterFiles(ticket, secret)
    pending = pending_address(ticket.opened_from)
    moved = tickets_opened_by(ticket)
    bounces = bool(ticket.requester_email and bounce_of(ticket.requester_email))
    etag = _etag(ticket, portion, pending, moved, files, bounces=bounces)
    unchanged = get_conditional_response(request, etag) if status == 200 else None
    if unchanged is not None:
        return unchanged
    is_answered = bool(comments) and comments[-1].author_role == AuthorRole.AGENT
    context = {
        "ticket": ticket,
        "portion": portion,
        "mailed": mailed(ticket, portion),
        "files": files,
        "moved": moved,
        "form": ReplyForm(),
        "earlier_files": earlier_files(request, bound["form"]) if "form" in bound else [],
        "address_form": AddressForm(),
        "links_form": AddressForm(),
        "pending": pending,
        "secret": secret,  # a link made under another SECRET_KEY works, but cannot be derived
        "link": request.build_absolute_uri(reverse("requester-page", args=[secret])),
        "etag": etag,
        "icon": f"status-{ticket.status}"
        if ticket.is_finished or not is_answered
        else "category-general",
        "progress": texts.progress(
            ticket.status,
            is_answered=is_answered,
            by_email=is_set_up() and bool(ticket.requester_email) and not bounces,
        ),
        "bounces": bounces,
        "steps": _steps(ticket),
        **bound,
    }
    response = render(request, "tickets/requester.html", context, status=status)
    response["ETag"] = etag
    return response


@private_page("GET")
@of_ticket
def earlier(request: Request, ticket: Ticket, secret: str) -> HttpResponse:
    """Show messages that the requester's page leaves out of a long conversation."""
    until = clean_data(EarlierForm(request.GET))["until"]
    portion = ticket.comments.filter(public=True).with_origin().portion(until)
    context = {
        "ticket": ticket,
        "secret": secret,
        "portion": portion,
        "mailed": mailed(ticket, portion),
        "files": RequesterFiles(ticket, secret),
    }
    return render(request, "tickets/requester_earlier.html", context)


def _etag(
    ticket: Ticket,
    portion: Portion[Comment],
    pending: str,
    moved: Iterable[Ticket],
    files: RequesterFiles,
    *,
    bounces: bool,
) -> str:
    """Return a tag for what the page shows, and nothing else: it must not reveal other changes."""
    content = [
        *(ticket.title, ticket.description, ticket.status, ticket.requester_email, pending),
        *(ticket.language, bounces, portion.earlier),
        *((each.pk, each.author_role, each.body) for each in portion.messages),
        *((public_author(each), signature_below(each)) for each in portion.messages),
        *(each.pk for each in moved),
        *files.all(),
    ]
    return f'"{digest(repr(content))[:32]}"'


def _steps(ticket: Ticket) -> list[tuple[str, str]]:
    """Return a ticket's steps, each with its state: "done", "now" or "" for later."""
    last = Status.CLOSED if ticket.status == Status.CLOSED else Status.RESOLVED
    steps = [Status.OPEN, Status.IN_PROGRESS, last]
    current = steps.index(Status(ticket.status))
    return [
        (str(texts.STEPS[step]), "done" if number < current else "now" if number == current else "")
        for number, step in enumerate(steps)
    ]
