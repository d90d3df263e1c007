"""What the fake model thinks of a ticket: a few words, no more than a demonstration needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_WORDS_IN_TITLE = 8

CATEGORY_WORDS = {
    "billing": "invoice, refund, charge, bill, payment, money, price, rechnung, erstattung,"
    " facture, remboursement, factura, reembolso, cobro, fatura, cobrança",
    "account": "password, login, log in, sign in, locked, account, profile, passwort, konto,"
    " anmelden, mot de passe, compte, contraseña, cuenta, senha, conta",
    "technical": "error, crash, slow, broken, not work, fail, bug, fehler, absturz, funktioniert,"
    " erreur, panne, fonctionne, falla, no funciona, erro, não funciona",
}
PRIORITY_WORDS = {
    "critical": "outage, breach, everyone, data loss, all users, ausfall, datenverlust, "
    "caída total, fuite de données, fora do ar",
    "high": "urgent, immediately, asap, locked, twice, stolen, deadline, dringend, sofort, urgence",
    "low": "how do i, question, thank, feedback, wondering, frage, danke, merci, gracias, obrigad",
}
SENTIMENT_WORDS = {
    "angry": "furious, unacceptable, scam, ridiculous, worst, unverschämt, inadmissible,"
    " inaceptable",
    "frustrated": "frustrat, disappoint, again, still, annoy, enttäuscht, déçu, decepcionad",
    "calm": "thank, great, love, wonderful, danke, merci, gracias, obrigad",
}
URGENCY = {"critical": 92, "high": 71, "medium": 47, "low": 18}

_SENTENCE = re.compile(r"[^.!?\n]+")
_MARKER = re.compile(r"\[\[[^\]]*\]\]")


def ticket_of(message: str) -> str:
    """The ticket's text: the string values of the JSON object in the message, or all of it."""
    at = message.find("{")
    try:
        ticket, _end = json.JSONDecoder().raw_decode(message, at) if at >= 0 else (None, 0)
    except ValueError:
        ticket = None
    if not isinstance(ticket, dict):
        return message
    return "\n".join(value for value in ticket.values() if isinstance(value, str))


def answer(ticket: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object of the shape that the schema asks for."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {name: _value(name, asked, ticket) for name, asked in properties.items()}


def _value(name: str, asked: Mapping[str, Any], ticket: str) -> Any:
    choices = asked.get("enum", [])
    if choices:
        opinion = _opinion(choices, ticket)
        return opinion if opinion in choices else choices[0]
    if "items" in asked:
        return _quotes(name, ticket)
    if name == "urgency_score":
        return URGENCY[priority(ticket)]
    return 0.9 if "confidence" in name else title(ticket)


def _opinion(choices: list[str], ticket: str) -> str:
    if "billing" in choices:
        return category(ticket)
    return priority(ticket) if "critical" in choices else sentiment(ticket)


def category(ticket: str) -> str:
    return _best(CATEGORY_WORDS, ticket, "general")


def priority(ticket: str) -> str:
    return _first(PRIORITY_WORDS, ticket, "medium")


def sentiment(ticket: str) -> str:
    return _first(SENTIMENT_WORDS, ticket, "neutral")


def title(ticket: str) -> str:
    sentence = _SENTENCE.search(_MARKER.sub(" ", ticket))
    words = sentence[0].split() if sentence else []
    return " ".join(words[:MAX_WORDS_IN_TITLE]) or "Request"


def _quotes(name: str, ticket: str) -> list[str]:
    table, chosen = (
        (CATEGORY_WORDS, category(ticket))
        if name.startswith("category")
        else (PRIORITY_WORDS, priority(ticket))
    )
    found = re.search("|".join(map(re.escape, _known(table, chosen))), ticket, re.I)
    return [found[0]] if found else []


def _best(table: Mapping[str, str], ticket: str, otherwise: str) -> str:
    counts = {label: _count(table, label, ticket) for label in table}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else otherwise


def _first(table: Mapping[str, str], ticket: str, otherwise: str) -> str:
    return next((label for label in table if _count(table, label, ticket)), otherwise)


def _count(table: Mapping[str, str], label: str, ticket: str) -> int:
    text = ticket.lower()
    return sum(word in text for word in _known(table, label))


def _known(table: Mapping[str, str], label: str) -> list[str]:
    return [phrase.strip() for phrase in table.get(label, "$").split(",")]
