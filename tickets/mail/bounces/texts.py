"""What servers write when they do not follow the standards."""

from __future__ import annotations

import re

from .. import addresses
from ..addresses import CHARACTER
from ..headers import Headers
from ..loops import OUT_OF_OFFICE, PROGRAMS
from ..mime import Part
from . import phrases

MAX_REPORT_CHARS = 100_000
# Not the receipts of readers, and no statistics.
REPORTS = {"", "delivery-status", "feedback-report"}
SUBJECT = phrases.compiled(phrases.SUBJECTS)
FAILURE = phrases.compiled(phrases.FAILURES)
TEMPORARY = phrases.compiled(phrases.TEMPORARY)
COMPLAINT = phrases.compiled(phrases.COMPLAINTS)
EXPLANATION = phrases.compiled(phrases.EXPLANATIONS)
BETWEEN_DASHES = phrases.compiled(phrases.RETURNED_BETWEEN_DASHES)
ALONE = phrases.compiled(phrases.RETURNED_ALONE)
DASHES = re.compile(r"[-=*_+#|.]{3}|- -|\| ?--")
# Of whom only mail servers write, and the names that they use where an address is missing.
SERVERS = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]daemon|bounces?)(?:[-_+.=].*)?", re.I
)
SERVER_NAME = re.compile(r"mail delivery (?:sub)?system|mailer[- ]daemon|mail administrator", re.I)
# The first lines of most messages.
HEADERS = re.compile(
    r"^(?:Return-Path:|Received: ?(?:from|by|\(|via)|DKIM-Signature:"
    r"|X-(?!Postfix|Actual|Failed|Display|Supplementary)[A-Za-z-]{3,40}: ?\S"
    r"|Message-ID: ?<|MIME-Version: ?1)",
    re.I | re.M,
)
EMAIL = rf"[<\[(\"']{{0,2}}({CHARACTER}{{1,200}}@{CHARACTER}{{1,254}})"
SENT_TO = re.compile(
    r"(?:rcpt(?: to)?|recipients?|recipient\(s\)|to|for|address(?:es|\(es\))?|user|mailbox"
    rf"|addressee)[\"'\s:=]{{1,6}}{EMAIL}",
    re.I,
)
# An address that begins a line, or all but a mark before it.
AT_LINE_START = re.compile(rf"^[ \t]*(?:[*•>-][ \t]*|\d{{1,3}}[.)][ \t]*)?{EMAIL}", re.M)
WORDS_LINES = 12  # about a recipient
REPORT_LINES = 600
MAX_MARKER_CHARS = 200


def split(text: str) -> tuple[str, str]:
    """Return the report, and the message that it gives back."""
    text = text[:MAX_REPORT_CHARS]
    headers = HEADERS.search(text)
    end = headers.start() if headers else len(text)
    position = 0
    for line in text[:end].split("\n"):
        following = position + len(line) + 1
        if _is_marker(line):
            return text[:position], text[following:].lstrip()
        position = following
    return text[:end], text[end:]


def _is_marker(line: str) -> bool:
    """Return whether the message that came back begins below this line."""
    line = line.strip(" \t>")[:MAX_MARKER_CHARS]
    if DASHES.match(line):
        return bool(BETWEEN_DASHES.search(line))
    return bool(ALONE.fullmatch(line))


def is_complaint(headers: Headers, returned: Headers | None) -> bool:
    """Return whether this is a complaint in a form of its provider's own."""
    return returned is not None and bool(COMPLAINT.match(headers.text("subject")[:200]))


def is_bounce(root: Part, report: str) -> bool:
    """Return whether a server says here that a message did not arrive.

    A person who forwards such a mail, or asks about one, is no server.
    """
    headers = root.headers
    if root.type == "multipart/report" and root.parameters.get("report-type", "") not in REPORTS:
        return False
    senders = [
        address.email.partition("@")[0]
        for name in ("from", "sender", "return-path")
        for address in addresses.parse(headers.raw(name))
    ]
    # Some reports come from a bare "MAILER-DAEMON".
    senders.append(headers.raw("from").strip('"<> '))
    subject = headers.text("subject")[:300]
    has_subject, says_so = bool(SUBJECT.search(subject)), bool(FAILURE.search(report))
    if (
        any(map(SERVERS.fullmatch, senders))
        or SERVER_NAME.search(headers.text("from")[:200])
        or headers.names() & {"x-failed-recipients", "x-mlserver"}
        or root.type == "multipart/report"
    ):
        return has_subject or says_so
    is_program = any(map(PROGRAMS.fullmatch, senders))
    has_null_path = headers.raw("return-path") == "<>"
    # One of these alone says little: newsletters, alerts and people's questions have them, too.
    signs = sum((is_program, has_null_path, has_subject))
    return signs >= 2 and says_so and not OUT_OF_OFFICE.search(subject)


def recipients(headers: Headers, report: str, returned: Headers) -> list[str]:
    """Return the addresses that were not reached, the surest signs first."""
    own = _own_addresses(headers)
    failed = [
        address.email
        for value in headers.all_raw("x-failed-recipients")[:5]
        for address in addresses.parse(value)
    ]
    if failed:
        return _unique(failed, set())
    lines = "\n".join(report.split("\n")[:REPORT_LINES])
    at_start = [match[1] for match in AT_LINE_START.finditer(lines) if not _explains(lines, match)]
    named = [match[1] for match in SENT_TO.finditer(lines) if not _explains(lines, match)]
    returned_to = recipients_of(returned)
    return (
        _unique(at_start, own)
        or _unique(named, own)
        or _unique(addresses.ADDRESS.findall(lines), own)[:1]
        or _unique(returned_to, set())[:1]
    )


def _explains(text: str, match: re.Match[str]) -> bool:
    """Return whether the line tells where a message came from."""
    before = text[max(match.start(1) - MAX_MARKER_CHARS, 0) : match.start(1)]
    return bool(EXPLANATION.search(before.rpartition("\n")[2]))


def _own_addresses(headers: Headers) -> set[str]:
    """Return who got the report and who wrote it: they are not whom it is about."""
    values = [headers.raw(name) for name in ("to", "from", "delivered-to", "return-path")]
    return {address.email.lower() for value in values for address in addresses.parse(value)}


def _unique(emails: list[str], without: set[str]) -> list[str]:
    cleaned = (email.strip("'.*`|") for email in emails)
    return list(
        dict.fromkeys(
            email
            for email in cleaned
            if email.lower() not in without
            and not email.lower().startswith("mailer-daemon@")
            and "." in email.partition("@")[2]
        )
    )


def recipients_of(returned: Headers) -> list[str]:
    """Return whom the returned message was for."""
    names = ("x-hmxmroriginalrecipient", "x-original-to", "x-rcpt-to", "to", "cc", "bcc")
    return [
        address.email for name in names for address in addresses.parse(returned.raw(name)[:5000])
    ]


def words_about(report: str, recipient: str) -> str:
    """Return what the report says about a recipient: its line and those below."""
    start = report.lower().find(recipient.lower())
    if start < 0:
        return report
    start = report.rfind("\n", 0, start) + 1
    return "\n".join(report[start : start + 4000].split("\n")[:WORDS_LINES])
