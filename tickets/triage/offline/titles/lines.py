"""The lines of a text that say something: no mail headers, logs and stack traces.

Patterns for English, German, French, Spanish and Portuguese. Every quantifier has a limit, so
hostile text takes no more than linear time.
"""

from __future__ import annotations

import re


def any_of(*parts: str) -> re.Pattern[str]:
    """Return a pattern that matches what one of the parts does, in either case."""
    return re.compile("|".join(parts), re.IGNORECASE)


_SEPARATOR = any_of(
    r"[-_=*\s>]{0,40}(?:original|forwarded) (?:message|e?-?mail|appointment)\b",
    r"begin forwarded message\b",
    r"[-_=*\s>]{0,40}(?:urspr[uü]ngliche|weitergeleitete|originale?) (?:nachricht|e-?mail)\b",
    r"anfang der weitergeleiteten (?:nachricht|e-?mail)\b",
    r"[-_=*\s>]{0,40}(?:message|courriel|mail) (?:d[' ]origine|transf[eé]r[eé]|original)",
    r"d[eé]but du message (?:transf[eé]r[eé]|r[eé]exp[eé]di[eé])",
    r"[-_=*\s>]{0,40}(?:mensaje|correo) (?:original|reenviado)\b",
    r"inicio del mensaje reenviado\b",
    r"[-_=*\s>]{0,40}(?:mensagem|e-?mail) (?:original|encaminhad[ao]|reencaminhad[ao])\b",
    r"in[ií]cio da mensagem (?:re)?encaminhada\b",
)
_SUBJECT = re.compile(
    r"[*_]{0,2}(?:subject|title|betreff|titel|objet|sujet|asunto|assunto|t[ií]tulo)[*_]{0,2}"
    r"\s{0,3}:[*_]{0,2}\s{0,5}(.*)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"[*_]{0,2}(?:from|to|cc|bcc|sent|date|reply-to|importance|attachments?|received|message-id"
    r"|mime-version|content-type|return-path|x-[a-z-]{1,40}"
    r"|von|an|kopie|gesendet(?: am)?|datum|priorit[aä]t|wichtigkeit|anlagen?|antwort an"
    r"|de|[aà]|pour|envoy[eé](?: le)?|date d'envoi|r[eé]pondre [aà]|pi[eè]ces? jointes?"
    r"|para|enviado(?: el| em)?|fecha|data|responder a|adjuntos?|anexos?|importancia"
    r")[*_]{0,2}\s{0,3}:",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:on|am|le|el|em|a)\s.{5,200}\b"
    r"(?:wrote|schrieb.{0,80}|a [eé]crit|escribi[oó]|escreveu)\s{0,3}:?$",
    re.IGNORECASE,
)
_REPLY_PREFIX = re.compile(
    r"(?:\s{0,3}(?:re|fwd?|aw|wg|antw|tr|ref|rv|enc|res)\s{0,2}(?:\[\d{1,3}\])?\s{0,2}:"
    r"|\s{0,3}\[(?:external|extern|ext|spam)\]:?)+\s{0,5}",
    re.IGNORECASE,
)
_BANNER = any_of(
    r"(?:\[?caution\]?|warning|attention|vorsicht|achtung|attention|precauci[oó]n|cuidado"
    r"|aten[cç][aã]o)"
    r"\s{0,2}[:!-].{0,60}\b(?:external|extern|externe|externo|outside|au[sß]erhalb)\b",
    r"this (?:e-?mail|message) (?:originated|came|was sent) from (?:outside|an external)",
    r"sent from my\b",
    r"get outlook for\b",
    r"von meinem .{2,30} gesendet",
    r"gesendet (?:von|mit) .{2,40}",
    r"envoy[eé] de(?:puis)? mon\b",
    r"enviado (?:desde|do|a partir do) (?:mi|meu)\b",
)
_TAG = re.compile(
    r"</?(?:br|p|div|span|b|i|u|em|strong|ul|ol|li|a|h\d|t[rd]|table)(?=[\s/>])[^<>]{0,200}>", re.I
)
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_ADDRESS_ONLY = re.compile(r"<?(?:https?://|www\.|mailto:)\S{1,500}>?$|\S{1,64}@\S{1,190}$")

# --- logs and stack traces ---

_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?: ?[ap]m)?(?:Z| ?[+-]\d{2}:?\d{2}| ?UTC| ?GMT)?"
_DAY = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}/[A-Z][a-z]{2}/\d{4})"
)
_STAMP = re.compile(
    rf"[\[(]?(?:(?:[A-Z][a-z]{{2}},? )?(?:{_DAY}|[A-Z][a-z]{{2}} {{1,2}}\d{{1,2}}(?:,? \d{{4}})?)"
    rf"[T ,:]{{1,2}}{_TIME}|{_TIME}|[IWEF]\d{{4}} {_TIME} {{1,6}}\d{{1,9}})[\])]?"
)
_LEVEL = re.compile(
    r"[\[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|SEVERE|FATAL|CRITICAL|EMERG|ALERT)"
    r"\b[\])>]?:?(?=\s|$|[-|:\[]|\w{1,40}:)"
)
_SYSLOG = re.compile(r"[\w.-]{1,60} [\w./-]{1,60}(?:\[\d{1,9}\])?: ")
_MINOR_LEVEL = re.compile(r"\b(?:TRACE|DEBUG|INFO|NOTICE)\b|level=(?:trace|debug|info)")
_KEY_VALUES = re.compile(r"(?:\w{1,20}=(?:\"[^\"\n]{0,80}\"|\S{1,80}) ){1,6}")
_LOG_PART = re.compile(
    r"[-|:\u2013]\s"  # between two parts
    r"|\[[^\]\n]{0,80}\]:?"  # a thread, a process
    r"|\([\w.-]{1,40}\)\s"
    r"|(?:[A-Za-z_$][\w$-]{0,60}[.:]){1,12}[\w$-]{1,60}\s{0,3}(?:[-:|]\s|(?=\[))"  # a logger
    r"|(?<=:)\w{1,40}:(?=\S)"  # as in "ERROR:root:Failed"
    r"|(?:pid|tid|thread)[=: ]{1,2}\d{1,9}"
)
_KEY_VALUE = re.compile(r"\b(?:msg|message|error|err)=(?:\"([^\"\n]{3,300})\"|(\S{3,300}))")
_TRACE_START = re.compile(
    r"\s{0,8}(?:Traceback \(most recent call last\)|Exception Group Traceback)"
)
_TRACE_LINE = re.compile(
    r"\s{1,12}at\s\S|\s{0,12}at (?:[\w$<>.]{1,200}\(|async |[\w.$<> ]{1,120} \()"
    r"|\s{0,12}File \".{1,300}\", line \d|\s{0,8}\.{3} \d{1,5} (?:more|common)"
    r"|#\d{1,4}\s{1,3}\S{1,200}\(\d{1,7}\):?|\s{0,8}from \S{1,200}:\d{1,7}:in "
    r"|\s{0,8}goroutine \d{1,9} \["
)
_EXCEPTION = re.compile(
    r"(?:uncaught (?:exception )?|unhandled exception[.:] {1,3}|exception in thread \S{1,80} "
    r"|caused by: |fatal error: {1,3}|php fatal error: {1,3})?"
    r"(?:[A-Za-z_]\w{0,60}[.\\:]{1,2}){0,12}"
    r"((?:[A-Z]\w{0,80}?)?(?:Error|Exception|Warning|Exit|Interrupt|Fault|Failure|Timeout|NotFound"
    r"|DoesNotExist|Invalid|Denied|Refused|Expired|Iteration)\b)(:?.{0,400})",
    re.IGNORECASE,
)
_CHAIN = re.compile(r"(?:During handling of|The above exception)")


def lines_of_matter(text: str) -> list[str]:
    """Return the lines of a text that people wrote to be read, without mail headers and machine
    output. Of a stack trace its exception stays, of a mail header its subject."""
    lines: list[str] = []
    for line in _without_traces(_TAG.sub("\n", text).splitlines()):
        stripped = line.strip(" \t>|")
        if subject := _SUBJECT.match(stripped):
            stripped = _REPLY_PREFIX.sub("", subject[1], count=1).strip()
            lines += [stripped, ""] if stripped else []
            continue
        stripped = _REPLY_PREFIX.sub("", stripped, count=1) if not lines else stripped
        is_noise = any(
            pattern.match(stripped) for pattern in (_SEPARATOR, _ATTRIBUTION, _BANNER, _FENCE)
        )
        message = without_log_prefix(stripped)
        # A log often tells what went well before it tells what did not.
        is_minor = message != stripped and _MINOR_LEVEL.search(stripped[: -len(message)])
        lines.append("" if is_noise or is_minor else message)
    lines = _without_headers(lines)
    return [line for line in lines if not _ADDRESS_ONLY.match(line)]


def lines_of_text(text: str) -> list[str]:
    """Return all lines, but for those that only announce a message or a stack trace."""
    return [
        line
        for line in text.splitlines()
        if not _SEPARATOR.match(line) and not _TRACE_START.match(line)
    ]


def _without_headers(lines: list[str]) -> list[str]:
    """Blank the headers of mail: several in a row, or one with an address or a date."""
    is_header = [_HEADER.match(line) is not None for line in lines]
    remaining = []
    for number, line in enumerate(lines):
        beside = is_header[max(number - 1, 0) : number] + is_header[number + 1 : number + 2]
        certain = any(beside) or "@" in line or re.search(r"\d{4}", line) is not None
        remaining.append("" if is_header[number] and certain else line)
    return remaining


def _without_traces(lines: list[str]) -> list[str]:
    """Return the lines, of each stack trace only the exception that ended it."""
    remaining: list[str] = []
    is_inside = False
    for line in lines:
        if _TRACE_START.match(line):
            is_inside = True
        elif is_inside:
            # The first line at the margin names the exception.
            is_inside = line[:1].isspace() or not line.strip() or line.startswith("^")
            remaining += [] if is_inside else [short_exception(line)]
        elif _CHAIN.match(line):  # the exception above is not the last one
            while remaining and not remaining.pop().strip():
                pass
        elif not _TRACE_LINE.match(line):
            remaining.append(short_exception(line))
    return remaining


def short_exception(line: str) -> str:
    """Return "KeyError: 'name'" for an exception's line; other lines as they are."""
    match = _EXCEPTION.match(line)
    if match is None or not match[1][:1].isupper():
        return line
    message = match[2].strip()
    return f"{match[1]}{message}" if message.startswith(":") or not message else line


def without_log_prefix(line: str) -> str:
    """Remove time, level, thread and logger from a line of a log; other lines stay."""
    stamp = _STAMP.match(line)
    level = _LEVEL.match(line)
    if not (stamp or level):
        pair = _KEY_VALUE.search(line) if _KEY_VALUES.match(line) else None
        return pair[1] or pair[2] if pair else line
    position, has_level = 0, False
    if stamp:
        position = stamp.end()
        if syslog := _SYSLOG.match(line[position:].lstrip()):
            position = len(line) - len(line[position:].lstrip()) + syslog.end()
    for _ in range(8):
        position += len(line[position:]) - len(line[position:].lstrip(" \t-|:"))
        part = _LEVEL.match(line, position) or _STAMP.match(line, position)
        has_level = has_level or bool(part and _LEVEL.match(line, position))
        if part is None and (has_level or stamp):
            part = _LOG_PART.match(line, position)
        if part is None or part.end() == position:
            break
        position = part.end()
    message = line[position:].strip(" \t-|:")
    if pair := _KEY_VALUE.search(message):
        message = pair[1] or pair[2]
    return short_exception(message) or line
