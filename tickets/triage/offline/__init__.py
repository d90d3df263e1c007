"""Triage without a model: needs no key, no network and no download, and learns."""

from ..types import Title
from .classifier import classify, score_tone
from .learner import Learner, Lesson
from .lexicon.loader import load_lexicon
from .store import learners, set_store
from .title import first_sentence

__all__ = [
    "Learner",
    "Lesson",
    "classify",
    "learners",
    "score_tone",
    "set_store",
    "suggest_title",
    "warm_up",
]


def warm_up() -> None:
    """Build the lexicon now, so that the first ticket need not wait for it."""
    load_lexicon()


def suggest_title(description: str) -> Title | None:
    """The first sentence as a title, or None when nothing in the text can be read."""
    sentence = first_sentence(description)
    return Title(sentence, "offline") if sentence else None
