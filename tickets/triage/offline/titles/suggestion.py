"""Suggest a title without a model: the first sentence that names the matter, cut at a word."""

from __future__ import annotations

import re

from ....vocabulary import MAX_SUGGESTED_TITLE_CHARS
from ...results import SuggestedTitle
from ...text import clean, cut_at_word
from .lines import lines_of_matter, lines_of_text
from .openings import is_courtesy, without_greeting, without_opening

_READ_CHARS = 6000  # stack traces are long; a title needs no more
_MAX_SENTENCES = 40
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»”)]?\s+|(?<=[\u3002\uff01\uff1f])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:\w|[\w.]{1,5}\.\w|dr|mrs?|ms|prof|nr|no|n[º°]|st|sra?|srta|vs|etc|approx|ca|bzw"
    r"|inkl|exkl|evtl|ggf|usw|art|tel|max|min|ext|dept|inc|ltd|resp|cf|p[aá]g|n[uú]m|ref)\.$",
    re.IGNORECASE,
)
_ENOUGH_CHARS = 12  # a shorter sentence, such as "Broken.", is joined with the next one
_PLAIN_WORD = re.compile(r"[^\W\d_A-Z]{1,40}(?:'[^\W\d_]{1,40})?(?=[\s,.:;!?]|$)")
# A cut title does not end with one of these.
_DANGLING = re.compile(
    r"(?:\s(?:a|an|the|and|or|but|of|to|in|on|at|for|with|from|by|that|which|is|are|was|my|our|your"
    r"|i|it|der|die|das|den|dem|eine?|einen|und|oder|aber|von|zu|im|mit|für|auf|bei|dass|ich|ist"
    r"|le|la|les|une?|des|du|de|et|ou|mais|à|aux?|en|dans|pour|avec|par|que|qui|je|est|sur"
    r"|el|los|las|y|o|pero|del|al|con|por|para|mi|su|es"
    r"|os|as|uma?|e|do|da|dos|nas?|nos?|com|meu|minha|é|em)[,;:-]?){1,4}$",
    re.IGNORECASE,
)


def suggest_title(description: str) -> SuggestedTitle | None:
    """Return the matter as a title, or None if the text is empty or unreadable."""
    sentence = first_sentence(description)
    return SuggestedTitle(sentence, "offline") if sentence else None


def first_sentence(description: str) -> str | None:
    """Return 1 to 80 characters of the text, or None if it has no letter or digit."""
    text = clean(description[:_READ_CHARS]).replace("\u2019", "'")
    sentences = _sentences(lines_of_matter(text)) or _sentences(lines_of_text(text))
    if not sentences:
        return None
    matters = [without_opening(each) for each in sentences if not is_courtesy(each)]
    matters = [each for each in matters if not is_courtesy(each)]
    title, *later = matters or sentences
    is_announcement = title.endswith(":")  # "I get this:", and a stack trace
    if later and (is_announcement or len(title) < _ENOUGH_CHARS):
        title = f"{title} {later[0]}"
    if _PLAIN_WORD.match(title):
        title = title[0].upper() + title[1:]
    return _cut(title)


def _sentences(lines: list[str]) -> list[str]:
    """Return the first sentences that have a letter or digit, each on one line, without greeting.

    A greeting is a sentence only if there is nothing else.
    """
    sentences: list[str] = []
    greetings: list[str] = []
    for line in lines:
        flat = " ".join(line.split())
        ungreeted = without_greeting(flat) if not sentences else flat
        if ungreeted != flat:
            greetings.append(flat)
        sentences += [each for each in _split(ungreeted) if any(map(str.isalnum, each))]
        if len(sentences) >= _MAX_SENTENCES:
            break
    return sentences or [each for each in greetings if any(map(str.isalnum, each))][:1]


def _split(line: str) -> list[str]:
    parts: list[str] = []
    for part in _SENTENCE_END.split(line):
        if parts and _ABBREVIATION.search(parts[-1][-12:]):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def _cut(title: str) -> str | None:
    short = cut_at_word(title, MAX_SUGGESTED_TITLE_CHARS)
    if short != title:
        short = _DANGLING.sub("", short)
    return short.rstrip(".,;:-\u2013\u2014 ").strip("*_") or None
