"""The values of the enumerations in the words that models use for them, in five languages.

A model that answers in the ticket's language means the same value. These are only other names
of a value: a word that could mean two of them, or something else, does not stand here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TypeVar

from ..vocabulary import Category, Priority, Sentiment

EnumT = TypeVar("EnumT", Category, Priority, Sentiment)

# English, German, French, Spanish and Portuguese, each after the value itself.
CATEGORY_NAMES = {
    Category.BILLING: "abrechnung, rechnung, rechnungsstellung, facturation, facturación,"
    " faturação, faturamento, cobrança",
    Category.TECHNICAL: "technisch, technik, technique, técnico, técnica",
    Category.ACCOUNT: "konto, benutzerkonto, compte, cuenta, conta",
    Category.GENERAL: "allgemein, allgemeines, général, générale, geral",
}
PRIORITY_NAMES = {
    Priority.LOW: "niedrig, gering, faible, basse, bas, baja, bajo, baixa, baixo",
    Priority.MEDIUM: "mittel, moyenne, moyen, media, medio, média, médio",
    Priority.HIGH: "hoch, haute, haut, élevée, élevé, alta, alto",
    Priority.CRITICAL: "kritisch, critique, crítica, crítico",
}
SENTIMENT_NAMES = {
    Sentiment.CALM: "ruhig, gelassen, calme, tranquila, tranquilo, calmada, calmado, calma, calmo",
    Sentiment.NEUTRAL: "neutre, neutra, neutro",
    Sentiment.FRUSTRATED: "frustriert, frustrée, frustré, frustrada, frustrado",
    Sentiment.ANGRY: "wütend, verärgert, en colère, fâchée, fâché, enfadada, enfadado, enojada,"
    " enojado, zangada, zangado, irritada, irritado",
}


def folded(text: str) -> str:
    """Return a name in the form in which names are compared: no case, accents or outer spaces."""
    characters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in characters if not unicodedata.combining(c))


def _values_by_name(names: Mapping[EnumT, str]) -> Mapping[str, str]:
    values = {folded(name): str(value) for value in names for name in names[value].split(",")}
    return values | {str(value): str(value) for value in names}


CATEGORIES_BY_NAME = _values_by_name(CATEGORY_NAMES)
PRIORITIES_BY_NAME = _values_by_name(PRIORITY_NAMES)
SENTIMENTS_BY_NAME = _values_by_name(SENTIMENT_NAMES)
