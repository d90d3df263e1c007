"""Read what a bounce says: by the standards, else by what servers write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from ...vocabulary import BounceKind
from ..headers import Headers, message_ids, read_headers
from ..html import to_text
from ..mime import Part, parse
from . import codes, fields, texts

MAX_BOUNCES = 100  # recipients of one report
MAX_DIAGNOSTIC_CHARS = 500
STATUS_TYPES = {
    "message/delivery-status",
    "message/global-delivery-status",
    "text/delivery-status",
    "message/partial-delivery-status",
}
RETURNED_TYPES = {
    *("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"),
    *("message/global-headers", "text/rfc822", "message/partial"),
}
DIAGNOSTIC_TYPE = re.compile(r"^\s*[\w-]+\s*;\s*")  # "smtp;", before the server's words
BAD_ACTIONS = ("fail", "error", "expired", "delay")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What happened to a message for one recipient.

    `recipient` is where delivery failed, `original_recipient` the address that we wrote to, if
    the report names it. `status` is a code of RFC 3463, "" for a complaint. `message_id` is that
    of the returned message, "" if it did not come back. `diagnostic` has the server's words.
    """

    recipient: str
    status: str
    kind: BounceKind
    message_id: str = ""
    diagnostic: str = ""
    original_recipient: str = ""


@dataclass(slots=True)
class _Pieces:
    """A report, taken apart."""

    texts: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    returned: Headers | None = None
    nested: bytes = b""


def read_bounces(root: Part, *, is_nested: bool = False) -> tuple[Bounce, ...]:
    """Return one bounce per recipient; nothing if the message is no bounce."""
    pieces = _Pieces()
    _collect(root, pieces)
    whole = "\n".join(pieces.texts)
    report, returned = texts.split(whole)
    headers = pieces.returned or _headers_of(returned)
    is_bounce = texts.is_bounce(root, report) and not _is_success(pieces.statuses)
    if is_bounce and pieces.nested and not is_nested:
        # A server that passed on another one's report.
        inner = read_bounces(parse(pieces.nested)[0], is_nested=True)
        if inner:
            return inner
    # Only a server's text is read: a person may paste a report into a question.
    statuses = [whole[: texts.MAX_REPORT_CHARS]] if is_bounce else []
    bounces = (
        list(_complaints(root, pieces, headers))
        or list(islice(_reported(pieces.statuses, report), MAX_BOUNCES))
        or list(islice(_reported(statuses, report), MAX_BOUNCES))
        or list(islice(_described(root.headers, report, headers) if is_bounce else (), MAX_BOUNCES))
    )
    own = message_ids(headers.raw("message-id"))
    by_recipient = {bounce.recipient.lower(): bounce for bounce in reversed(bounces)}
    return tuple(
        replace(bounce, message_id=own[0] if own else "", diagnostic=_short(bounce.diagnostic))
        for bounce in reversed(by_recipient.values())
    )


def _collect(part: Part, pieces: _Pieces) -> None:
    for child in part.children:
        _collect(child, pieces)
    if part.type in STATUS_TYPES:
        pieces.statuses.append(part.text())
    elif part.type == "message/feedback-report":
        pieces.feedback.append(part.text())
    elif part.type in RETURNED_TYPES:
        _collect_returned(part, pieces)
    elif part.type.startswith("text/"):
        is_html = part.type == "text/html"
        # Reports say it in plain text as well, if they do so at all.
        if not is_html or not any(text.strip() for text in pieces.texts):
            pieces.texts.append(to_text(part.text()).text if is_html else part.text())


def _collect_returned(part: Part, pieces: _Pieces) -> None:
    if pieces.returned is None:
        body = part.body.lstrip()
        pieces.returned = read_headers(body, 0, len(body))[0]
        if part.type == "message/rfc822" and not pieces.statuses:
            pieces.nested = body


def _headers_of(text: str) -> Headers:
    raw = text.encode("utf-8", "replace")
    return read_headers(raw, 0, len(raw))[0]


def _complaints(root: Part, pieces: _Pieces, returned: Headers) -> Iterator[Bounce]:
    report: fields.Fields = {}
    for text in pieces.feedback:
        for block in fields.blocks(text):
            report = block | report
    if not report and not texts.is_complaint(root.headers, pieces.returned):
        return
    named = ("original-rcpt-to", "removal-recipient", "original-recipient")
    recipients = [fields.address(report.get(name, "")) for name in named]
    recipients += texts.recipients_of(returned)
    diagnostic = report.get("feedback-type", "") or "complaint"
    # Some providers hide who complained.
    recipient = next(filter(None, recipients), "")
    yield Bounce(recipient, "", BounceKind.COMPLAINT, diagnostic=diagnostic)


def _reported(statuses: list[str], report: str) -> Iterator[Bounce]:
    """Yield what the fields of a delivery status say; some reports have them in their text."""
    for text in statuses:
        for block in fields.blocks(text):
            final, original, actual = (
                fields.address(block.get(name, "")) for name in fields.RECIPIENT_FIELDS
            )
            action = block.get("action", "failed").lower()
            recipient = final or actual or original
            if recipient and action.startswith(BAD_ACTIONS):
                diagnostic = block.get("diagnostic-code", "")
                status = _status(block, diagnostic, action, report, recipient)
                diagnostic = DIAGNOSTIC_TYPE.sub("", diagnostic)
                yield Bounce(recipient, status, _kind(status), "", diagnostic, original)


def _is_success(statuses: list[str]) -> bool:
    """Return whether a report says nothing but that a message arrived."""
    actions = {block.get("action", "") for text in statuses for block in fields.blocks(text)}
    return bool(actions & {"delivered", "relayed", "expanded"}) and not any(
        action.lower().startswith(BAD_ACTIONS) for action in actions
    )


def _status(block: fields.Fields, diagnostic: str, action: str, report: str, recipient: str) -> str:
    stated = codes.CODE.search(block.get("status", ""))
    status = stated[1] if stated else ""
    if codes.is_general(status):
        meant = codes.from_text(diagnostic)
        # The class of a stated code stands; the server's words say more about the reason.
        if meant and (not status or (meant[0] == status[0] and codes.STATED.search(diagnostic))):
            status = meant
    if status:
        return status
    if action.startswith("delay"):
        return "4.0.0"
    return codes.from_text(texts.words_about(report, recipient)) or "5.0.0"


def _described(own: Headers, report: str, returned: Headers) -> Iterator[Bounce]:
    """Yield what a server wrote for people to read."""
    for recipient in texts.recipients(own, report, returned):
        diagnostic = texts.words_about(report, recipient)
        status = codes.from_text(diagnostic) or codes.from_text(report)
        if not status:
            is_temporary = texts.TEMPORARY.search(report[: codes.MAX_CHARS])
            status = "4.0.0" if is_temporary else "5.0.0"
        yield Bounce(recipient, status, _kind(status), diagnostic=diagnostic)


def _kind(status: str) -> BounceKind:
    return BounceKind.SOFT if status.startswith("4") else BounceKind.HARD


def _short(diagnostic: str) -> str:
    return " ".join(diagnostic[: 2 * MAX_DIAGNOSTIC_CHARS].split())[:MAX_DIAGNOSTIC_CHARS]
