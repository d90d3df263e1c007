"""The fake model's answers about a ticket: a few keywords, enough for a demonstration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

TITLE_WORD_LIMIT = 8

CATEGORY_KEYWORDS = {
    "billing": "invoice, refund, charge, bill, payment, money, price, rechnung, erstattung,"
    " facture, remboursement, factura, reembolso, cobro, fatura, cobrança",
    "account": "password, login, log in, sign in, locked, account, profile, passwort, konto,"
    " anmelden, mot de passe, compte, contraseña, cuenta, senha, conta",
    "technical": "error, crash, slow, broken, not work, fail, bug, fehler, absturz, funktioniert,"
    " erreur, panne, fonctionne, falla, no funciona, erro, não funciona",
}
PRIORITY_KEYWORDS = {
    "critical": "outage, breach, everyone, data loss, all users, ausfall, datenverlust, "
    "caída total, fuite de données, fora do ar",
    "high": "urgent, immediately, asap, locked, twice, stolen, deadline, dringend, sofort, urgence",
    "low": "how do i, question, thank, feedback, wondering, frage, danke, merci, gracias, obrigad",
}
SENTIMENT_KEYWORDS = {
    "angry": "furious, unacceptable, scam, ridiculous, worst, unverschämt, inadmissible,"
    " inaceptable",
    "frustrated": "frustrat, disappoint, again, still, annoy, enttäuscht, déçu, decepcionad",
    "calm": "thank, great, love, wonderful, danke, merci, gracias, obrigad",
}
URGENCY = {"critical": 92, "high": 71, "medium": 47, "low": 18}

_SENTENCE = re.compile(r"[^.!?\n]+")
_MARKER = re.compile(r"\[\[[^\]]*\]\]")


def ticket_of(message: str) -> str:
    """Return the string values of the JSON object in the message, or the whole message."""
    start = message.find("{")
    try:
        ticket, _end = json.JSONDecoder().raw_decode(message, start) if start >= 0 else (None, 0)
    except ValueError:
        ticket = None
    if not isinstance(ticket, dict):
        return message
    return "\n".join(value for value in ticket.values() if isinstance(value, str))


def answer(ticket: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of the schema's shape."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: _value(name, property_schema, ticket) for name, property_schema in properties.items()
    }


def _value(name: str, schema: Mapping[str, Any], ticket: str) -> Any:
    choices = schema.get("enum", [])
    if choices:
        label = _label(choices, ticket)
        return label if label in choices else choices[0]
    if "items" in schema:
        return _evidence(name, ticket)
    if name == "urgency_score":
        return URGENCY[priority(ticket)]
    return 0.9 if "confidence" in name else title(ticket)


def _label(choices: list[str], ticket: str) -> str:
    if "billing" in choices:
        return category(ticket)
    return priority(ticket) if "critical" in choices else sentiment(ticket)


def category(ticket: str) -> str:
    return _most_frequent(CATEGORY_KEYWORDS, ticket, "general")


def priority(ticket: str) -> str:
    return _first_match(PRIORITY_KEYWORDS, ticket, "medium")


def sentiment(ticket: str) -> str:
    return _first_match(SENTIMENT_KEYWORDS, ticket, "neutral")


def title(ticket: str) -> str:
    sentence = _SENTENCE.search(_MARKER.sub(" ", ticket))
    return " ".join(sentence[0].split()[:TITLE_WORD_LIMIT] if sentence else []) or "Request"


def _evidence(name: str, ticket: str) -> list[str]:
    """Return the first keyword in the ticket that supports its category or priority."""
    keywords, label = (
        (CATEGORY_KEYWORDS, category(ticket))
        if name.startswith("category")
        else (PRIORITY_KEYWORDS, priority(ticket))
    )
    match = re.search("|".join(map(re.escape, _phrases(keywords, label))), ticket, re.I)
    return [match[0]] if match else []


def _most_frequent(keywords: Mapping[str, str], ticket: str, default: str) -> str:
    counts = {label: _count(keywords, label, ticket) for label in keywords}
    label = max(counts, key=counts.__getitem__)
    return label if counts[label] else default


def _first_match(keywords: Mapping[str, str], ticket: str, default: str) -> str:
    return next((label for label in keywords if _count(keywords, label, ticket)), default)


def _count(keywords: Mapping[str, str], label: str, ticket: str) -> int:
    text = ticket.lower()
    return sum(phrase in text for phrase in _phrases(keywords, label))


def _phrases(keywords: Mapping[str, str], label: str) -> list[str]:
    return [phrase.strip() for phrase in keywords.get(label, "$").split(",")]
