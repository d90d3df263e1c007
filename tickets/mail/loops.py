"""Whether a message was written by a program: such mail is never answered automatically."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import addresses
from .headers import Headers, parameters

BULK = {"bulk", "junk", "list", "auto_reply"}
PROGRAMS = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_.]?master|(?:no|do[-_.]?not|don'?t)[-_.]?reply"
    r"|bounces?(?:[-_+.=].*)?)(?:[-_+.=].*)?",
    re.I,
)
# What a program that answers for somebody calls its answer, in our languages and some others.
OUT_OF_OFFICE = re.compile(
    r"out of (?:the )?office|auto(?:matic|mated)?[- ]?(?:reply|response)|on vacation"
    r"|abwesen|automatische antwort|absence|r[eé]ponse automatique|fuera de la oficina"
    r"|respuesta autom[aá]tica|ausente|fora do escrit[oó]rio|resposta autom[aá]tica"
    r"|risposta automatica|fuori sede|afwezig|automatisch antwoord|autosvar|自動応答|自动回复",
    re.I,
)
# Not enough alone: people's own programs write some of them.
SECOND_SIGNS = (
    *("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from"),
    *("x-auto-responder", "x-mail-autoreply", "x-loop", "x-vacation", "x-ms-exchange-inbox-rules"),
    *("x-ms-exchange-inbox-rules-loop", "x-ms-exchange-generated-message-source"),
)


@dataclass(frozen=True, slots=True)
class LoopVerdict:
    """Why a message counts as automatic, in plain words. Without reasons a person wrote it."""

    reasons: tuple[str, ...] = ()

    @property
    def is_automatic(self) -> bool:
        return bool(self.reasons)


def is_program(address: str) -> bool:
    """Return whether an address belongs to a program: mailer-daemon@, no-reply@ and the like."""
    return bool(PROGRAMS.fullmatch(address.partition("@")[0]))


def judge(headers: Headers, media_type: str, envelope_from: str | None = None) -> LoopVerdict:
    """Return the verdict. `envelope_from` is "" for a null return path, None if not known."""
    return LoopVerdict(tuple(_signs(headers, media_type, envelope_from)))


def _signs(headers: Headers, media_type: str, envelope_from: str | None) -> Iterator[str]:
    return_paths = [envelope_from, *headers.all_raw("return-path")[:1]]
    if any(path is not None and path.strip("<> ") == "" for path in return_paths):
        yield "null return path"
    yield from _header_reasons(headers)
    if media_type == "multipart/report":
        yield "a report (multipart/report)"
    if program := _program(headers, envelope_from):
        yield f"sent by {_short(program)}"
    sign = next((name for name in SECOND_SIGNS if name in headers.names()), "")
    if sign and OUT_OF_OFFICE.search(headers.text("subject")[:500]):
        yield f"out-of-office subject, and {sign.title()} present"


def _header_reasons(headers: Headers) -> Iterator[str]:
    for value in headers.all_raw("auto-submitted")[:5]:
        if parameters(value)[0].split(" ")[0] != "no":
            yield f"Auto-Submitted: {_short(value)}"
    for value in headers.all_raw("precedence")[:5]:
        if value.lower().replace("-", "_") in BULK:
            yield f"Precedence: {_short(value)}"
    for name in sorted(name for name in headers.names() if name.startswith("list-"))[:5]:
        yield f"{name.title()} present"
    for value in headers.all_raw("x-auto-response-suppress")[:1]:
        yield f"X-Auto-Response-Suppress: {_short(value)}"


def _program(headers: Headers, envelope_from: str | None) -> str:
    """Return the first address of the sender that belongs to a program; "" if there is none."""
    values = [headers.raw("from"), headers.raw("sender"), headers.raw("return-path")]
    senders = [address.email for value in values for address in addresses.parse(value)[:1]]
    # Some reports come from a bare "MAILER-DAEMON".
    senders += [headers.raw("from").strip('"<> '), envelope_from or ""]
    return next(filter(is_program, senders), "")


def _short(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"
