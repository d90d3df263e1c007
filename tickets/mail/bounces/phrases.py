"""What mail servers write, as patterns: short ones, each of which takes linear time."""

from __future__ import annotations

import re

WHO = "(?:user|recipient|mailbox|address|account|addressee|person|name)"
BAD = "(?:unknown|invalid|no such|illegal|bad|unroute?able|undeliverable|non-?existent|not a valid)"
BOX = "(?:account|mailbox|address|user|recipient)"
UNABLE = "(?:could(?: not|n'?t)|unable to|can(?:not|'?t)|wasn'?t able to|failed to)"
NOT = "(?:could|can|was|were|did|has|have|is|are)(?: ?not|n'?t)"
HERE = "(?:this|below|here|the following)"

# Status codes and the words that mean them. The first that is found counts.
MEANINGS = (
    (
        "5.2.2",
        r"(?:mail)?box(?: is)?(?: too)? full",
        r"over ?quota",
        r"quota (?:is )?exceed",
        r"exceed\w* .{0,40}quota",
        r"mailbox .{0,40}(?:size|limit)",
        r"(?:insufficient|not enough) (?:storage|disk|system)",
        r"disk quota",
        r"storage limit",
        r"out of storage",
        r"too much mail",
        r"一杯|いっぱい",
    ),
    (
        "5.3.4",
        r"(?:message|mail|size|it)\b.{0,40}too (?:big|large)",
        r"(?:message|mail|size|it)\b.{0,40}exceeds .{0,40}(?:size|limit|maximum)",
        r"max message size",
        r"size limit",
        r"too large",
        r"larger than",
    ),
    (
        "5.2.1",
        rf"{BOX}\b.{{0,40}}(?:disabled|inactive|suspended|locked|expired)",
        rf"{BOX}\b.{{0,40}}(?:discontinued|deactivated|closed)",
        r"not active",
        r"inactive (?:user|account)",
        r"no longer (?:active|in use|on server|available|works)",
        r"has moved|moved to",
    ),
    (
        "5.1.1",
        rf"{WHO}\b.{{0,60}}(?:unknown|is invalid|isn'?t|rejected|unavailable|unroutable)",
        rf"{WHO}\b.{{0,60}}not (?:found|exist|known|valid|recogni[sz]ed|listed|available|local)",
        rf"{WHO}\b.{{0,60}}(?:doesn'?t|does not|didn'?t|did not) (?:exist|have)",
        rf"{BAD} (?:local |destination |mail |e-?mail )?{WHO}",
        rf"{BAD} (?:alias|local part|domain user)",
        r"doesn'?t (?:have|list) ",
        r"no mailbox|no account|no valid recipients",
        r"not our customer|not a known user|not listed in|user not",
        r"(?:could|can)(?:n'?t| ?not) be found|wasn'?t found",
        r"there is no one",
        r"(?:did not|didn'?t) exist",
        r"unbekannt|inconnu|desconocid|存在しません",
    ),
    (
        "5.1.2",
        r"(?:host|domain|server|mx)\b.{0,60}(?:unknown|not (?:found|exist|known)|unresolvable)",
        r"(?:host|domain|server|mx)\b.{0,60}(?:does not exist|could(?:n'?t| not) be found)",
        r"(?:unknown|no such|invalid) (?:host|domain)",
        r"(?:couldn'?t find any|unable to find) (?:host|domain)",
        r"couldn'?t find a mail exchanger",
        r"name or service|name server|dns (?:lookup )?(?:failure|error)|lookup failure",
        r"nxdomain|bad destination|no mx",
    ),
    ("5.4.6", r"loop", r"hop count", r"too many (?:hops|received)", r"routing"),
    (
        "4.4.7",
        r"expired|timeout exceeded|retry time|retrying|given? up|long time",
        r"too (?:long|old)|in the queue",
        r"exceeded .{0,30}time",
        r"(?:could not|not be) deliver\w* (?:for|within)|undelivered for",
    ),
    (
        "4.4.1",
        r"(?:connect\w*|host|server|network)\b.{0,60}(?:timed? ?out|refused|failed|unreachable)",
        r"(?:connect\w*|host|server|network)\b.{0,60}(?:not reachable|reset|lost|dropped|rejected)",
        r"(?:connect\w*|host|server|network)\b.{0,60}(?:down|unable|closed|error)",
        rf"{UNABLE} (?:establish|connect|contact|reach)",
        r"no route|not responding|no answer|timed out",
    ),
    (
        "5.7.1",
        r"spam|block(?:ed|list)|black ?list|banned|unsolicited|reputation|content",
        r"policy|denied|reject|refused|prohibited|restricted|security|relay",
        r"not (?:allowed|permitted|authori[sz]ed)",
        r"dmarc|\bspf\b|dkim",
        r"virus|malware|infected",
    ),
    (
        "4.3.0",
        r"temporar|try again|later|deferred|greylist|throttl|too many|rate limit|resources",
    ),
    ("5.3.0", r"(?:system|internal|local|mailer) error", r"configuration|failure|exit"),
)

# The subjects of bounces.
SUBJECTS = (
    r"undeliver|unzustellbar|non remis|não entregue|devuelto|不達|未達|エラー通知",
    r"returned mail|returned to sender|returning message|bounce",
    r"failure|failed (?:mail|delivery)|rejected:|postmaster notify|smtp server: errors",
    r"delivery (?:status|failed|notification|report|problem|delayed|error|has failed|fail)",
    r"mail (?:delivery|failed|error|not delivered|system error|could not)",
    r"non[- ]?(?:remis|delivery)",
    r"could ?n[o']t (?:be )?deliver|unable to deliver|error sending your mail",
    r"message (?:status|delayed|not|could|you sent)",
    r"warning: (?:could not send|message)|address not found",
)

# Said in every bounce in one way or another, and hardly in an answer of somebody who is away.
FAILURES = (
    rf"{NOT}(?: \w{{1,30}}){{0,3}} (?:deliver|reach|sent|send|process|accept|complet|like)",
    r"unable to (?:\w{1,30} )?(?:deliver|send|complete|relay|process)",
    r"undeliver|not delivered|delayed|bounced|rejected|refused|over quota",
    r"delivery (?:\w{1,30} ){0,6}(?:fail|delay)",
    r"fail\w{0,3} (?:\w{1,30} ){0,5}(?:deliver|recipient|address)",
    r"(?:recipient|address)\w{0,2} (?:\w{1,30} ){0,3}fail",
    r"permanent(?:ly)? (?:\w{1,30} )?(?:error|fail)",
    r"return(?:ed)? (?:\w{1,30} ){0,3}errors?|fatal errors",
    r"error (?:message|sending)|(?:problem|error) (?:\w{1,30} ){0,3}(?:deliver|send|occur)",
    r"trouble delivering|no valid recipients|failed addresses|lookup failure",
    r"invalid user|user (?:\w{1,30} )?unknown|unknown user|mailbox (?:\w{1,30} )?full",
    r"does(?:n'?t| not) (?:exist|like)|not a member",
    r"送信できません|配信|届け",
)

TEMPORARY = (
    r"delayed|\bdelay\b|temporar|warning[: ]|not yet been|no action is required",
    r"still (?:trying|being)|will (?:be retried|continue|keep|try|retry)",
)

# A line below which the message stands that came back, or its headers. First those between dashes
# or the like, then those that stand alone.
RETURNED_BETWEEN_DASHES = (
    r"original|returned|unsent|undelivered|copy|below this line|included|rejected message",
    r"message text|headers?",
)
RETURNED_ALONE = (
    rf"{HERE} (?:\w{{1,30}} ){{0,4}}(?:is|are) (?:a |the )?(?:copy|headers?|original)\b.{{0,100}}",
    rf"{HERE} (?:\w{{1,30}} ){{0,4}}(?:is|are) (?:a |the )?(?:text|returned|first)\b.{{0,100}}",
    r"below this line.{0,100}",
    r"original message(?: follows)?[.:]?",
    r"(?:the )?(?:\w{1,30} ){0,5}(?:message|headers?|mail|text)(?: \w{1,30}){0,3} follows?[ .:]*",
)

COMPLAINTS = (r"complaint about message from [\d.:a-f]+",)
# A line with one of these tells where a message came from, not whom it did not reach.
EXPLANATIONS = (r"generated from|expanded from|envelope-from|reason|mail from|from:",)


def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one pattern for any of them, whatever the case."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.I)
