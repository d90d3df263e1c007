"""Status codes of RFC 3463, and the words of servers that state none."""

from __future__ import annotations

import re

# A version or an address of the network looks much like a code, so nothing may follow or precede.
ENHANCED = r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)"
CODE = re.compile(ENHANCED)
# A code where servers write it: after the reply "550", in "(#5.1.1)", or in "Status: 5.1.1".
STATED = re.compile(rf"(?:\b[45]\d\d[ -]|[(\[]?#|\bstatus[ :=]{{1,3}}){ENHANCED}", re.I)
REPLY = re.compile(
    r"(?<![\d.:/-])(4(?:21|22|31|32|5[0-9])|5(?:0[0-4]|1[0-9]|2[0-9]|3[0-9]|41|5[0-9]|71))"
    r"(?=[\s\-:;,>#)\]]|$)"
)
MAX_CHARS = 20_000  # of a server's words

WORDS = tuple(
    (code, re.compile(pattern, re.I))
    for code, pattern in (
        (
            "5.2.2",
            r"(?:mail)?box(?: is)?(?: too)? full|over ?quota|quota (?:is )?exceed|exceed\w* .{0,40}quota"
            r"|mailbox .{0,40}(?:size|limit)|disk quota|insufficient (?:storage|disk|system)|storage limit"
            r"|not enough (?:storage|disk)|too much mail|out of storage",
        ),
        (
            "5.3.4",
            r"(?:message|mail|size|it)\b.{0,40}(?:too (?:big|large)|exceeds .{0,40}(?:size|limit|maximum))"
            r"|max message size|message size exceeds|size limit|too large|larger than",
        ),
        (
            "5.2.1",
            r"(?:account|mailbox|address|user|recipient)\b.{0,40}(?:disabled|inactive|suspended|locked"
            r"|expired|discontinued|deactivated|closed)|not active|inactive (?:user|account)"
            r"|no longer (?:active|in use|on server|available|works)|has moved|moved to",
        ),
        (
            "5.1.1",
            r"(?:user|recipient|mailbox|address|account|addressee|person|name)\b.{0,60}(?:unknown"
            r"|not (?:found|exist|known|valid|recogni[sz]ed|listed|available|local)|doesn'?t exist"
            r"|does(?:n'?t| not) (?:exist|have)|is invalid|isn'?t|rejected|unavailable|unroutable)"
            r"|(?:unknown|invalid|no such|illegal|bad|unrouteable|unroutable|undeliverable|nonexistent"
            r"|non-existent|not a valid) (?:local |destination |mail |e-?mail )?(?:user|recipient|mailbox"
            r"|address|account|addressee|alias|part|person|domain user)|doesn'?t (?:have|list) "
            r"|no mailbox|not our customer|not a known user|no valid recipients|not listed in"
            r"|user not|couldn'?t be found|wasn'?t found|(?:can|could) not be found|there is no one"
            r"|did not exist|didn'?t exist|no account|unbekannt|存在しません|inconnu|desconocid",
        ),
        (
            "5.1.2",
            r"(?:host|domain|server|mx)\b.{0,60}(?:unknown|not (?:found|exist|known)|does not exist"
            r"|could not be found|couldn'?t be found|unresolvable)|unknown (?:host|domain)|no such (?:host"
            r"|domain)|invalid domain|couldn'?t find any host|unable to find (?:host|domain)|name or service"
            r"|name server|dns (?:lookup )?(?:failure|error)|nxdomain|bad destination|no mx|lookup failure"
            r"|couldn'?t find a mail exchanger",
        ),
        ("5.4.6", r"loop|hop count|too many (?:hops|received)|routing"),
        (
            "4.4.7",
            r"expired|timeout exceeded|retry time|too (?:long|old)|in the queue|given? up|exceeded .{0,30}time"
            r"|could not be delivered (?:for|within)|undelivered for|retrying",
        ),
        (
            "4.4.1",
            r"(?:connection|connect|connected|host|server|network)\b.{0,60}(?:timed? ?out|refused|failed"
            r"|unreachable|not reachable|reset|lost|dropped|rejected|down|unable|closed|error)"
            r"|(?:could(?: not|n'?t)|unable to|can(?:not|'?t)|wasn'?t able to|failed to) (?:establish|connect"
            r"|contact|reach)|no route|not responding|no answer|timed out",
        ),
        (
            "5.7.1",
            r"spam|blocked|blocklist|blacklist|black list|policy|denied|reject|not allowed|not permitted"
            r"|not authori[sz]ed|prohibited|dmarc|\bspf\b|dkim|relay|banned|unsolicited|restricted|refused"
            r"|security|virus|malware|infected|reputation|content",
        ),
        ("4.3.0", r"temporar|try again|later|deferred|greylist|throttl|too many|rate limit|resources"),
        ("5.3.0", r"system error|internal error|configuration|local error|mailer error|failure|exit"),
    )
)
TEMPORARY = re.compile(
    r"delayed|\bdelay\b|temporar|still (?:trying|being)|will (?:be retried|continue|keep|try)"
    r"|warning[: ]|not yet been|no action is required|will retry",
    re.I,
)


def from_text(text: str) -> str:
    """Return the code that a server's words state or mean; "" if they say nothing."""
    text = text[:MAX_CHARS]
    if stated := STATED.search(text) or CODE.search(text):
        return stated[1]
    reply = REPLY.search(text)
    meant = next((code for code, pattern in WORDS if pattern.search(text)), "")
    if reply is None:
        return meant
    # The server said whether it will be the same tomorrow; its words say why.
    return reply[1][0] + (meant[1:] if meant else ".0.0")


def is_general(status: str) -> bool:
    """Return whether a code says nothing but that it failed."""
    return not status or status.endswith(".0.0")
