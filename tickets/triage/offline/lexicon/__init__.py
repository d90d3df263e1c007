"""The words that the offline classifier knows, one file or folder a language.

Each file holds `STOPWORDS` (by which the language is told), `NEGATIONS`, and three tables of
weight -> patterns: `CATEGORY` and `SENTIMENT` by value, `URGENCY` in points. Patterns are
separated by commas and read word by word, without accents and case:

    refund*          any word that begins so
    *rechnung*       a long word that holds it, for compounds
    log in|into|on   one of several words
    not .. charged   up to two other words between
    # days           a number
    ^ which          at the start of a sentence
"""

from types import ModuleType

from . import de, en, es, fr, pt

LANGUAGES: dict[str, ModuleType] = {"en": en, "de": de, "fr": fr, "es": es, "pt": pt}
