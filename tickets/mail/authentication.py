"""What our own mail server says about the sender (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..vocabulary import Verified
from .addresses import plain_address
from .headers import Headers

# Comments and quoted strings may repeat what the sender wrote, so their content never counts.
PIECE = re.compile(r'\\.|"(?:[^"\\]|\\.)*+"?|[()]|[^\\"()]+|\\', re.S)
RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.I)
# Who signed (RFC 8601, 2.7.1): header.d=example.org or header.i=@example.org
SIGNER = re.compile(r"\sheader\s*\.\s*(?:d\s*=\s*|i\s*=\s*[^\s@;]*@)([^\s;]+)", re.I)
# The domain whose policy was looked up: header.from=example.org
CHECKED = re.compile(r"\sheader\s*\.\s*from\s*=\s*(?:[^\s;@\"]*@)?([^\s;\"]+)", re.I)


@dataclass(frozen=True, slots=True)
class Authentication:
    """The results of the checks; "" for one that is not named.

    `is_signed_by_sender` says that a signature passed whose domain is that of From, and
    `is_ambiguous` that nobody can say which sender was checked.
    """

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    is_signed_by_sender: bool = False
    is_ambiguous: bool = False

    @property
    def verdict(self) -> Verified:
        """DMARC decides, because SPF and DKIM alone may speak of another domain than From.

        Where the domain has no DMARC, its own signature is as good.
        """
        if self.dmarc == "fail":
            return Verified.FAILED
        is_verified = self.dmarc == "pass" or self.is_signed_by_sender
        return Verified.VERIFIED if is_verified else Verified.NOT_VERIFIED


def read(headers: Headers, authserv_id: str, senders: Sequence[str]) -> Authentication:
    """Read the topmost Authentication-Results, if our server wrote it; others may be forged.

    `senders` has the addresses in From. If there are several, or another program may find another
    one there, nobody can say which one was checked, so then only a failure counts.
    """
    is_ambiguous = list(senders) != [plain_address(headers.raw("from"))]
    value = next(iter(headers.all_raw("authentication-results")[:1]), "")
    server, _, results = _without_comments(value).partition(";")
    # The id may be followed by a version number.
    written_by = server.split()[:1]
    if not authserv_id or [authserv_id.lower()] != [name.lower() for name in written_by]:
        return Authentication(is_ambiguous=is_ambiguous)
    values: dict[str, str] = {}
    signers: set[str] = set()
    checked: set[str] = set()
    for text in results.split(";"):
        match = RESULT.match(text)
        if match is None:
            continue
        name, result = match[1].lower(), match[2].lower()
        # Of several signatures, one that passes is enough.
        if name not in values or (name == "dkim" and result == "pass"):
            values[name] = result
        if name == "dkim" and result == "pass" and (signer := SIGNER.search(text)):
            signers.add(_ascii(signer[1]))
        if name == "dmarc":
            checked.update(map(_ascii, CHECKED.findall(text)))
    domain = _ascii(senders[0].rpartition("@")[2]) if senders else ""
    if is_ambiguous or checked - {domain}:
        dmarc = "fail" if values.get("dmarc") == "fail" else ""
        return Authentication(dmarc=dmarc, is_ambiguous=True)
    spf, dkim, dmarc = (values.get(name, "") for name in ("spf", "dkim", "dmarc"))
    return Authentication(spf, dkim, dmarc, is_signed_by_sender=domain in signers)


def _ascii(domain: str) -> str:
    """Return a domain in lower case, in ASCII if it can be written so."""
    try:
        return domain.lower().rstrip(".").encode("idna").decode()
    except UnicodeError:
        return domain.lower().rstrip(".")


def _without_comments(value: str) -> str:
    pieces: list[str] = []
    depth = 0
    for match in PIECE.finditer(value):
        if match[0] in "()":
            depth = max(depth + (1 if match[0] == "(" else -1), 0)
        elif not depth:
            pieces.append('""' if match[0].startswith('"') else match[0])
    return "".join(pieces)
