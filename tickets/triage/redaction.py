"""Remove from a text what a model must not get: secrets, and numbers and addresses of people.

They are looked for in the text as a reader sees it, however it is spelt: compatible characters are
one (NFKC), invisible ones do not count, and what HTML and addresses write as codes (`&#64;`, `%40`)
is undone once. A text without any is sent as it was written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from .text import clean, shorten

# Every quantifier has a limit, cannot go back or begins behind a fixed word, so hostile text takes
# no more than linear time: `tickets/tests/patterns` measures it.

# Sorting a run of accents takes quadratic time. So a text is normalised piece by piece.
_PIECE_CHARS = 500
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,32}|#[xX][0-9a-fA-F]{1,32}|[A-Za-z][A-Za-z0-9]{1,31});?")

# --- Our own links and tokens, see `tickets/pages/urls.py` and `tickets/models/tokens.py` ---

_OWN_LINK = re.compile(
    r"/(?:t/[\w-]{22}(?![\w-])|confirm/[\w:.-]{16,}|(?:invitation|reset)/[\w-]{1,64}/[\w-]{16,})",
    re.A,
)
_OWN_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])desk_[A-Za-z0-9_-]{32,}"
    r"|(?<![\w.-])\.?[\w-]++:[\w-]{6}:[\w-]{43}(?![\w-])",  # what Django signs, such as suggestions
    re.A,
)

# --- Passwords --------------------------------------------------------------------------

_NOUNS = (
    r"(?:pass ?word|passwd|passcode|passphrase|passwort|kennwort|mot de passe|contrase[nñ]a|senha"
    r"|palavra-passe|wachtwoord|hasło|şifre|пароль|パスワード|密码|密碼|비밀번호"
    r"|(?<![^\W_])(?:pass|pwd|pw|pin|cvv2?|cvc2?|mdp|clave|parola))"
)
_ASSIGNED = r"[\"'`*\u201d]{0,2}[ \t]{0,3}(?:=>|->|:=|[:=])[ \t]{0,3}\n?[ \t]{0,3}"
_QUOTED = r"\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|`[^`\n]{1,200}`|\u201c[^\u201d\n]{1,200}\u201d"
_PASSWORD = re.compile(rf"({_NOUNS}{_ASSIGNED})(?:{_QUOTED}|\S{{3,}})", re.I)
# A sentence: "My password for the shop is hunter2", but not "My password is wrong".
_PASSWORD_SENTENCE = re.compile(
    rf"({_NOUNS}"
    r"(?:[ \t]{1,3}(?:for|on|of|at|für|bei|von|zu|zum|zur|pour|de|du|del|para|da|do|en)"
    r"(?:[ \t]{1,3}[^\s:=]{1,30}){1,3}?)?"
    r"[ \t]{1,3}(?:is|was|ist|war|lautet|est|était|es|era|é|to|auf)[ \t]{1,3})"
    rf"(?:{_QUOTED}|(?=\S{{0,199}}[\d@#$%^&*_+=~])\S{{4,}})",
    re.I,
)

# --- Keys -------------------------------------------------------------------------------

_DASHES = r"[-\u2010-\u2015]{1,10}"
_PRIVATE_KEY = re.compile(
    rf"{_DASHES} ?BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY[A-Z ]{{0,20}}{_DASHES}"
    rf"(?:(?:(?!BEGIN)[\s\S])*?{_DASHES} ?END [A-Z0-9 ]{{0,60}}{_DASHES}"
    # Its end is missing: whatever looks like a part of it.
    r"|(?:\s{0,4}[A-Za-z0-9+/=]{16,})*)"
)
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"[sr]k[-_][A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic, Stripe
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}"
    r"|(?:gsk|hf|npm|whsec)_[A-Za-z0-9]{20,}|xox[a-z]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}"
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}|eyJ[A-Za-z0-9_-]{16,}"  # JWT
    r")"
)
_AUTHORIZATION = re.compile(
    r"(\bauthorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:bearer|basic|token)?[ \t]{0,3}"
    r"|\bbearer[ \t]{1,3})[A-Za-z0-9+/_.~=-]{16,}",
    re.I,
)
_NAMED_KEY = re.compile(
    r"((?:api[ _-]?key|access[ _-]?key|secret|token|session[ _-]?id|credentials?)"
    rf"{_ASSIGNED}[\"'`]?)(?:(?=[^\s\"'`]{{0,199}}\d)[^\s\"'`]{{8,}}|[^\s\"'`]{{20,}})",
    re.I,
)

# --- Addresses --------------------------------------------------------------------------

_USER_INFO = re.compile(
    r"(?<=://)(?:[^\s/?#\"'<>]{1,500}@"
    r"|[^\s/?#@:]{1,64}:(?!\d{1,5}/)\S{1,300}@)"  # with a slash that had to be written as %2F
)
_LOCAL = r"[\w.+%'&!#$*^~-]"
_AT = r"(?: {0,2}@ {0,2}| {0,2}[(\[{<] {0,2}(?:at|ät|æt|arroba|arobase|@) {0,2}[)\]}>] {0,2}|\(a\))"
_SPELT_DOT = (
    r"(?: {0,2}[(\[{<] {0,2}(?:dot|punkt|point|punto|ponto|\.) {0,2}[)\]}>] {0,2}"
    r"| {1,2}(?:dot|punkt|punto|ponto) {1,2})"
)
_LABEL = r"[\w-]{1,63}"
_EMAIL = re.compile(
    rf"(?:(?<!{_LOCAL}){_LOCAL}++|\"[^\"\n]{{1,64}}\")"
    rf"(?:{_AT}(?:{_LABEL}(?:(?:[.\u3002]|{_SPELT_DOT}){_LABEL}){{1,8}}|\[[0-9A-Fa-f.:]{{2,45}}\])"
    # "john at example dot com", but not "the offer at example.com"
    rf"| {{1,2}}(?:at|arroba|arobase) {{1,2}}{_LABEL}(?:{_SPELT_DOT}{_LABEL}){{1,8}})",
    re.I,
)

# --- Numbers ----------------------------------------------------------------------------

# What people, word processors and pages put between groups of digits: blanks, dashes, dots,
# brackets. A letter may precede or follow, as several scripts write no spaces.
_BETWEEN = r"[\s\u00b7\u2010-\u2015\u2212_().\-/*|~]"
_DATE = (
    r"(?:(?:19|20)\d\d([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2(?:19|20)\d\d)"
    rf"(?:(?=[T ]\d{{1,2}}[:.h]\d\d(?!\d))|(?!{_BETWEEN}{{0,4}}\d))"
)
_DIGITS = re.compile(rf"(?<!\d)(?:{_DATE}|\+?\(?\d(?:{_BETWEEN}{{0,4}}\d){{7,22}}(?!\d))")
# With commas and the like between them, only groups of four, or of four, six and five.
_GROUPED_CARD = re.compile(
    r"(?<!\d)(?=[3-6]|2[2-7])\d{4}(?:(?:\W{1,4}\d{4}){3}|\W{1,4}\d{6}\W{1,4}\d{5})(?!\d)"
)
_IBAN_START = re.compile(rf"([A-Za-z]){_BETWEEN}?([A-Za-z]){_BETWEEN}?\d{_BETWEEN}?\d")
_IS_BETWEEN = re.compile(_BETWEEN)
MAX_BETWEEN = 4
# Of the register of SWIFT (ISO 13616). Other countries' are long numbers.
_IBAN_REGISTER = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27"
    " DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28"
    " IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22"
    " MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24"
    " SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST23 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
IBAN_CHARS = {each[:2]: int(each[2:]) for each in _IBAN_REGISTER.split()}


def outgoing(text: str, limit: int) -> str:
    """Return ticket text as it may be sent: without secrets, in `limit` characters.

    Cutting comes last: nobody would recognise a part of a secret.
    """
    return shorten(clean(redact(text)), limit).strip()


def redact(text: str) -> str:
    """Replace secrets, bank and card numbers, email addresses and phone numbers by their kind."""
    spelt = normalised(text)
    # Before codes are undone: a blank or a slash that is written as one does not end a password.
    redacted = _redacted(spelt, _WITH_AN_END)
    if redacted != spelt:
        text = redacted
    spelt = decoded(text)
    redacted = _redacted(spelt, _ALL)
    return text if redacted == spelt else redacted


def normalised(text: str) -> str:
    """Return the text as a reader sees it."""
    pieces = range(0, len(text), _PIECE_CHARS)
    compatible = (unicodedata.normalize("NFKC", text[at : at + _PIECE_CHARS]) for at in pieces)
    return _INVISIBLE.sub("", "".join(compatible))


def decoded(text: str) -> str:
    """Return the text with what stands for its codes, which are undone once, as a reader sees it.

    Python's own `html.unescape` raises ValueError for a number of thousands of digits.
    """
    return normalised(unquote(_ENTITY.sub(lambda match: html.unescape(match[0]), text)))


def _redacted(text: str, steps: Iterable[Callable[[str], str]]) -> str:
    for step in steps:
        text = step(text)
    return text


def _without_ibans(text: str) -> str:
    parts, end = [], 0
    for match in _IBAN_START.finditer(text):
        chars = IBAN_CHARS.get(f"{match[1]}{match[2]}".upper())
        if chars and match.start() >= end and (stop := _end_of_iban(text, match.start(), chars)):
            parts += [text[end : match.start()], "[iban]"]
            end = stop
    return "".join([*parts, text[end:]])


def _end_of_iban(text: str, start: int, chars: int) -> int | None:
    """Return where the account number of so many characters ends; None if it is none."""
    number, between = "", 0
    for position in range(start, len(text)):
        character = text[position]
        if character.isdecimal() or (character.isascii() and character.isalpha()):
            number, between = number + character, 0
        elif between == MAX_BETWEEN or not _IS_BETWEEN.match(character):
            return None
        else:
            between += 1
        if len(number) == chars:
            digits = "".join(str(int(each, 36)) for each in number[4:] + number[:4])
            return position + 1 if int(digits) % 97 == 1 else None
    return None


def _grouped_card(match: re.Match[str]) -> str:
    return "[card]" if _passes_luhn(match[0]) else match[0]


def _number_kind(match: re.Match[str]) -> str:
    if match[1] or match[2]:  # a date
        return match[0]
    count = sum(map(str.isdecimal, match[0]))
    if 13 <= count <= 19 and _passes_luhn(match[0]):
        return "[card]"
    return "[phone]" if count <= 15 else "[number]"


def _passes_luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _replacing(pattern: re.Pattern[str], replacement: str) -> Callable[[str], str]:
    return lambda text: pattern.sub(replacement, text)


# In this order. The first ones say where they end; the others are found by how they look.
_WITH_AN_END = (
    _replacing(_OWN_LINK, "/[private link]"),
    _replacing(_OWN_TOKEN, "[token]"),
    _replacing(_PASSWORD, r"\1[password]"),
    _replacing(_PASSWORD_SENTENCE, r"\1[password]"),
    _replacing(_USER_INFO, "[password]@"),
)
_ALL: tuple[Callable[[str], str], ...] = (
    *_WITH_AN_END,
    _replacing(_PRIVATE_KEY, "[key]"),
    _replacing(_AUTHORIZATION, r"\1[key]"),
    _replacing(_KEY, "[key]"),
    _replacing(_NAMED_KEY, r"\1[key]"),
    _replacing(_EMAIL, "[email]"),
    _without_ibans,
    lambda text: _GROUPED_CARD.sub(_grouped_card, text),
    lambda text: _DIGITS.sub(_number_kind, text),
)
