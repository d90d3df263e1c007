"""Retired words no longer name anything in the code."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bench", "bounded_postgres", "config", "embedded_postgres", "tickets", "tools")

# Forbidden as a part of any name, in any of these forms. On the right is the word to use.
FORBIDDEN_PARTS = {
    "allowance allowances": "limit, budget",
    "contested": "conflict",
    "door doors": "sign_in",
    "ledger ledgers": "prediction",
    "lesson lessons": "feedback",
    "letters": "rendering (of mail), characters (of a text)",
    "mood moods": "sentiment",
    "opinion opinions": "prediction, assessment",
    "settle settled settles settling": "record_feedback",
    "solved": "resolved",
    "sureness": "confidence",
    "taught": "learned",
    "teach teaches teaching": "record_feedback",
    "tone tones": "sentiment",
    "unfinished": "active",
    "unsent": "draft (of a text), without a ticket (of a suggestion)",
    "withdraw withdrawn withdraws": "retract_feedback",
}
# Forbidden as a whole name. Within a longer name they may be the right word.
FORBIDDEN_NAMES = {
    "done": "finished",
    "first_of": "claim",
    "keys": "shortcuts, or what the keys are",
    "marked marks": "highlight",
    "news": "entries, new_tickets",
    "once": "claim, or what happens once",
    "place places": "cursor, position, span",
    "reasons": "evidence",
    "record": "event, row, save_...",
    "rest": "circuit_breaker, remaining",
    "sure": "confidence",
    "track": "requester_page",
    "words": "evidence, message, text",
    # These say that something was handed over, and not what it is.
    "asked found given kept others said shown told": "what the variable holds",
}
FORBIDDEN_PREFIXES = {"MOST_": "MAX_, DEFAULT_"}

# Names that stay, by their file.
KEYS_OF_A_MAPPING = "keys of a mapping"
PRESSED_KEYS = "keys that are pressed"
ALLOWED = {
    ("bench/model.py", "keys"): "API keys",
    ("bench/ui/keyboard.py", "keys"): PRESSED_KEYS,
    ("tickets/api/http.py", "keys"): KEYS_OF_A_MAPPING,
    ("tickets/api/openapi/readable.py", "keys"): KEYS_OF_A_MAPPING,
    ("tickets/api/shapes.py", "tone"): "a key of the API's JSON",
    ("tickets/forms/tickets.py", "kept"): "a field of the public form",
    ("tickets/mail/loops.py", "reasons"): "why a message counts as automatic",
    ("tickets/querysets/figures.py", "shown"): "a key of the API's JSON",
    ("tickets/services/triage/feedback.py", "lesson_id"): "an argument of jobs of release 0.1",
    ("tickets/tests/admin/test_addresses.py", "KEYS"): "primary keys",
    ("tickets/tests/api/test_bad_values.py", "KEYS"): KEYS_OF_A_MAPPING,
    ("tickets/tests/api/test_openapi.py", "keys"): KEYS_OF_A_MAPPING,
    ("tickets/pages/shortcuts.py", "keys"): PRESSED_KEYS,
    ("tickets/tests/browser/test_list_keys.py", "keys"): PRESSED_KEYS,
    ("tickets/tests/browser/test_list_work.py", "keys"): PRESSED_KEYS,
    ("tickets/tests/browser/test_review.py", "keys"): PRESSED_KEYS,
    ("tickets/tests/browser/test_shortcuts.py", "keys"): PRESSED_KEYS,
    ("tickets/tests/triage/test_config.py", "KEYS"): "API keys",
    ("tickets/tests/triage/test_config.py", "keys"): "API keys",
    (
        "tickets/tests/upgrade/test_upgrade.py",
        "test_search_accepts_the_mood_alias",
    ): "searches with mood: still work",
    ("tickets/triage/offline/lexicon/files.py", "keys"): KEYS_OF_A_MAPPING,
    ("tickets/vocabulary.py", "SHOWN"): "the value in the database",
}


def test_no_name_is_a_word_that_was_given_up():
    offenders = defaultdict(list)
    for path in files():
        for name, line in sorted(names(path), key=lambda entry: entry[1]):
            word = word_to_use(name)
            if word and (location(path), name) not in ALLOWED:
                offenders[location(path)].append(f"{name}:{line} (use {word})")
    assert dict(offenders) == {}


def test_no_exception_is_left_over():
    used = {(location(path), name) for path in files() for name, _ in names(path)}
    assert ALLOWED.keys() - used == set()


def test_it_sees_every_kind_of_name():
    source = """
import a as ledger
from b import c as opinion
class LessonPlan: ...
def settle(tone, *, sureness=1, **words): ...
async def teach(*others): ...
mood: int = 1
first, (second, *rest) = ()
self.news = 1
for place in []: ...
with a as door: ...
try: ...
except E as told: ...
[found for found in []]
(given := 1)
lambda kept: 0
match a:
    case {"x": marks, **keys}: ...
    case [track, *shown]: ...
    case once: ...
print(unfinished, call(done=1), record.taught)
"""
    seen = {name for name, _ in names_in(ast.parse(source))}
    assert {name for name in seen if word_to_use(name)} == {
        *("ledger", "opinion", "LessonPlan", "settle", "tone", "sureness", "words", "teach"),
        *("others", "mood", "rest", "news", "place", "door", "told", "found", "given", "kept"),
        *("marks", "keys", "track", "shown", "once"),
    }


def test_it_compares_whole_words():
    forbidden = ("ToneScore", "min_sureness", "LESSONS", "MOST_TICKETS", "is_unfinished", "words")
    assert all(map(word_to_use, forbidden))
    allowed = ("resolved", "stone", "keystone", "stop_words", "indoors", "monotone", "last_shown")
    assert not any(map(word_to_use, allowed))


def word_to_use(name):
    """Return what to use instead of a name; None if it may stay."""
    whole = name.strip("_").lower()
    parts = {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}
    for forms, better in FORBIDDEN_PARTS.items():
        if parts & set(forms.split()):
            return better
    for forms, better in FORBIDDEN_NAMES.items():
        if whole in forms.split():
            return better
    for prefix, better in FORBIDDEN_PREFIXES.items():
        if name.lstrip("_").startswith(prefix):
            return better
    return None


def files():
    paths = [ROOT / "conftest.py", ROOT / "manage.py"]
    for package in PACKAGES:
        paths += sorted((ROOT / package).rglob("*.py"))
    return [path for path in paths if not {"migrations", "node_modules"} & set(path.parts)]


def location(path):
    return str(path.relative_to(ROOT))


def names(path):
    """Yield the file's own name, and each name that it gives to something, with its line."""
    yield path.stem, 0
    yield from names_in(ast.parse(path.read_text(encoding="utf-8")))


def names_in(tree):
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for name in names_of(node):
            yield name, line


def names_of(node):
    match node:
        case ast.Name(ctx=ast.Store()):
            return [node.id]
        case ast.Attribute(ctx=ast.Store()):
            return [node.attr]
        case ast.Import() | ast.ImportFrom():
            return [alias.asname for alias in node.names if alias.asname]
        case ast.arg():
            return [node.arg]
        case ast.MatchMapping(rest=name) if name:
            return [name]
        case _:  # functions, classes, exceptions, patterns
            named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)
            is_named = isinstance(node, (*named, ast.MatchAs, ast.MatchStar))
            return [node.name] if is_named and node.name else []
