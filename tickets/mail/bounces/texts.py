"""What servers write when they do not follow the standards."""

from __future__ import annotations

import re

from .. import addresses
from ..addresses import CHARACTER
from ..headers import Headers
from ..loops import PROGRAMS

MAX_REPORT_CHARS = 100_000
SUBJECT = re.compile(
    r"undeliver|returned mail|returned to sender|failure notice|delivery (?:status|failure|failed"
    r"|notification|report|problem|delayed|error|has failed)|mail (?:delivery|failure|failed|error"
    r"|not delivered)|failed mail|non[- ]?(?:remis|delivery)|non delivery|could ?n[o']t (?:be )?deliver"
    r"|message (?:status|delayed|not|failed|could|you sent)|returning message|unzustellbar"
    r"|error sending your mail|mail system error|warning: (?:could not send|message)|bounce"
    r"|failure delivery|delivery fail|undeliverable|postmaster notify|rejected:|failed delivery"
    r"|devuelto|não entregue|non remis|unable to deliver|failure|mail could not|address not found",
    re.I,
)
# Said in every bounce in one way or another, and hardly in an answer of somebody who is away.
FAILURE = re.compile(
    r"(?:could|can|was|were|did|has|have|is|are)(?: ?not|n'?t)(?: \w+){0,3} "
    r"(?:deliver|reach|sent|send|process|accept|complet|like)"
    r"|unable to (?:\w+ )?(?:deliver|send|complete|relay|process)|undeliver|delivery (?:\w+ ){0,6}fail"
    r"|fail\w* (?:\w+ ){0,5}(?:deliver|recipient|address)|(?:recipient|address)\w* (?:\w+ ){0,3}fail"
    r"|permanent(?:ly)? (?:\w+ )?(?:error|fail)|returned? (?:\w+ ){0,3}errors?|error (?:message|sending)"
    r"|fatal errors|trouble delivering|(?:problem|error) (?:\w+ ){0,3}(?:deliver|send|occur)"
    r"|invalid user|user (?:\w+ )?unknown|unknown user|rejected|does(?:n'?t| not) (?:exist|like)"
    r"|delivery delay|delayed|no valid recipients|failed addresses|not delivered|bounced|mailbox (?:\w+ )?full"
    r"|refused|existi?eren|over quota|配信|送信できません|届け",
    re.I,
)
# Below one of these lines stands the message that came back, or its headers.
RETURNED = re.compile(
    r"^[ \t>|]*(?:[-=*_+#|. ]{3,})?[ \t]*(?:(?:this|below|here|the following) (?:\w+ ){0,4}(?:is|are) "
    r"(?:a |the )?(?:copy|header|original|text|returned|first)[^\n]{0,100}|below this line[^\n]{0,100}"
    r"|(?:the )?(?:original|returned|unsent|undelivered|included|bounced|rejected|failed|your|full"
    r"|start of|headers? of|text of|copy of|body of|beginning of)(?: \w+){0,5} (?:message|mail|headers?|"
    r"copy)[^\n]{0,80}|message (?:headers?|text|header|body|contents?)(?: \w+)? follows?[^\n]{0,80}"
    r"|message (?:header|text|headers)(?: for[^\n]{0,60})?|original message[^\n]{0,80}|transcript follows"
    r"|received message headers[^\n]{0,60}|your message (?:headers?|reads)[^\n]{0,80})[ \t]*[-=*_+#|. :]*$",
    re.I | re.M,
)
# The first lines of most messages.
HEADERS = re.compile(
    r"^(?:Return-Path:|Received: ?(?:from|by|\(|via)|DKIM-Signature:|X-[A-Za-z-]{3,40}: ?\S|Message-ID: ?<"
    r"|MIME-Version: ?1)",
    re.I | re.M,
)
SENT_TO = re.compile(
    rf"(?:rcpt(?: to)?|recipient(?:\(s\)|s)?|to|for|address(?:es|\(es\))?|user|mailbox|addressee|deliver(?:y|ed|ing)?"
    rf"(?: \w+){{0,4}} to)[\"'\s:=]{{1,6}}[<\[(\"']{{0,2}}({CHARACTER}{{1,200}}@{CHARACTER}{{1,254}})",
    re.I,
)
# An address that begins a line, or all but a mark before it.
AT_LINE_START = re.compile(
    rf"^[ \t]*(?:[*•>-][ \t]*|\d+[.)][ \t]*)?[<\[(\"']{{0,2}}({CHARACTER}{{1,200}}@{CHARACTER}{{1,254}})",
    re.M,
)
EXPLANATIONS = re.compile(r"generated from|expanded from|envelope-from|reason|mail from|from:", re.I)
COMPLAINT_SUBJECT = re.compile(r"complaint about message|abuse report|spam report|feedback report", re.I)
WORDS_LINES = 12  # after the line with a recipient
FIRST_LINES = 60


def split(text: str) -> tuple[str, str]:
    """Return the report, and the message that it gives back."""
    text = text[:MAX_REPORT_CHARS]
    marker = RETURNED.search(text)
    headers = HEADERS.search(text)
    if marker and (headers is None or marker.start() < headers.start()):
        rest = text[marker.end() :].lstrip("\n")
        return text[: marker.start()], rest[len(rest) - len(rest.lstrip()) :]
    if headers:
        return text[: headers.start()], text[headers.start() :]
    return text, ""


def is_complaint(headers: Headers, returned: Headers | None) -> bool:
    """Return whether this is a complaint in a form of its provider's own."""
    return returned is not None and bool(COMPLAINT_SUBJECT.search(headers.text("subject")[:200]))


def is_bounce(headers: Headers, media_type: str, report: str) -> bool:
    """Return whether a server says here that a message did not arrive."""
    senders = [headers.raw("from"), headers.raw("sender"), headers.raw("return-path")]
    local_parts = [
        address.email.partition("@")[0] for value in senders for address in addresses.parse(value)
    ]
    local_parts.append(headers.raw("from").strip('"<> '))
    is_server = any(map(PROGRAMS.fullmatch, local_parts)) or "x-failed-recipients" in headers.names()
    is_server = is_server or media_type == "multipart/report"
    is_server = is_server or headers.raw("return-path").strip("<> ") == "" and bool(
        headers.all_raw("return-path")
    )
    has_subject = bool(SUBJECT.search(headers.text("subject")[:300]))
    says_so = bool(FAILURE.search(report))
    return says_so and (is_server or has_subject)


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
    lines = "\n".join(report.split("\n")[: FIRST_LINES * 10])
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
    start = text.rfind("\n", 0, match.start(1)) + 1
    return bool(EXPLANATIONS.search(text[start : match.start(1)]))


def _own_addresses(headers: Headers) -> set[str]:
    """Return who got the report and who wrote it: they are not whom it is about."""
    values = [headers.raw(name) for name in ("to", "from", "delivered-to", "return-path")]
    return {address.email.lower() for value in values for address in addresses.parse(value)}


def _unique(found: list[str], without: set[str]) -> list[str]:
    cleaned = (email.strip("'.*`|") for email in found)
    return list(
        dict.fromkeys(
            email
            for email in cleaned
            if email.lower() not in without
            and not PROGRAMS.fullmatch(email.partition("@")[0])
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
