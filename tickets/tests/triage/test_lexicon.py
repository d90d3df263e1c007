"""The lexicon's files, and what is said about a file with a mistake in it."""

import os
import re
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from tickets.triage.offline.lexicon.compiled import (
    _compiled_lexicon,
    compile_lexicon,
    load_lexicon,
)
from tickets.triage.offline.lexicon.files import (
    FOLDER,
    LANGUAGES,
    LexiconError,
    read_cues,
    read_word_lists,
)
from tickets.vocabulary import CATEGORIES, SENTIMENTS

ROOT = Path(__file__).resolve().parents[3]


def test_every_folder_is_a_language_that_is_loaded():
    assert {path.parent.name for path in FOLDER.glob("*/*.toml")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_patterns_for_every_value(language):
    cues = [cue for cue, _patterns in read_cues(FOLDER / language, language)]
    labels = {
        decides: {cue.label for cue in cues if cue.decides == decides}
        for decides in ("category", "sentiment")
    }
    assert labels["category"] == set(CATEGORIES)
    assert labels["sentiment"] == set(SENTIMENTS) - {"neutral"}
    points = [cue.weight for cue in cues if cue.decides == "urgency"]
    assert min(points) < 0 < max(points)
    lists = read_word_lists(FOLDER / language / "words.toml")
    assert lists.stopwords
    assert lists.negations


@pytest.mark.parametrize("language", LANGUAGES)
def test_patterns_are_written_in_the_notation(language):
    for _cue, patterns in read_cues(FOLDER / language, language):
        for pattern in patterns:
            assert re.fullmatch(
                r"\s*(\^ )?(\*?[^\W_]+\*?(\|[^\W_]+\*?)*|\.\.|#|\s+)+\s*", pattern
            ), pattern


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stem_is_long_enough_to_match_only_what_is_meant(language):
    """ "plant*" also matches "plantas": shorter words are written out."""
    for _cue, patterns in read_cues(FOLDER / language, language):
        short = [p for p in patterns if re.fullmatch(r"(\S*\|)?\w{1,5}\*(\|\S*)?", p)]
        assert not short


def test_the_lexicon_is_small_in_memory():
    _compiled_lexicon.cache_clear()
    tracemalloc.start()
    try:
        load_lexicon()
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 15 * 1024 * 1024


def test_the_files_are_found_from_any_directory(tmp_path):
    code = (
        "from tickets.triage.offline import classifier\n"
        "print(classifier.classify('a refund').category)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.stdout == "billing\n", result.stderr


CUE = "[[cue]]\nweight = 3\npatterns = ['refund*']\n"


@pytest.fixture
def english(tmp_path):
    """A copy of the English files, to put a mistake into."""
    shutil.copytree(FOLDER / "en", tmp_path / "en")
    return tmp_path / "en"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("billing.toml", "[[cue]\n", "billing.toml: Expected ']]'"),
        ("billing.toml", "", "billing.toml: cue is missing."),
        ("billing.toml", "cue = 3", "billing.toml: cue must be an array of tables, [[cue]]."),
        ("billing.toml", f"{CUE}note = 'x'", "billing.toml: cue 1: unknown key note."),
        ("billing.toml", f"{CUE}{CUE}sentiment = 'calm'", "cue 2: unknown key sentiment."),
        ("billing.toml", f"more = 1\n{CUE}", "billing.toml: unknown key more."),
        ("billing.toml", "[[cue]]\nweight = 3", "billing.toml: cue 1: patterns is missing."),
        ("billing.toml", CUE.replace("3", "'3'"), "cue 1: weight must be a number other than 0."),
        ("billing.toml", CUE.replace("3", "true"), "cue 1: weight must be a number other than 0."),
        ("billing.toml", CUE.replace("3", "nan"), "cue 1: weight must be a number other than 0."),
        ("billing.toml", CUE.replace("3", "0"), "cue 1: weight must be a number other than 0."),
        ("urgency.toml", CUE.replace("['refund*']", "'refund*'"), "must be a list of strings."),
        ("urgency.toml", CUE.replace("['refund*']", "[]"), "patterns must be a list of strings."),
        ("urgency.toml", CUE.replace("'refund*'", "'a', 3"), "cue 1: patterns: 3 is not a string."),
        ("urgency.toml", CUE.replace("refund*", ""), "cue 1: patterns: '' has an empty part."),
        ("urgency.toml", CUE.replace("refund*", " "), "cue 1: patterns: ' ' has an empty part."),
        ("urgency.toml", CUE.replace("refund*", "a', 'b c| d"), "'b c| d' has an empty part."),
        ("sentiment.toml", CUE, "sentiment.toml: cue 1: sentiment is missing."),
        ("sentiment.toml", f"{CUE}sentiment = 'happy'", "sentiment must be one of calm, neutral,"),
        ("words.toml", "stopwords = ['a']", "words.toml: negations is missing."),
        ("words.toml", "stopwords = ['a']\nnegations = 'no'", "must be a list of strings."),
        (
            "words.toml",
            "stopwords = ['a']\nnegations = ['no']\nspellings = {ae = 'a'}",
            "spellings must map single characters to strings.",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named(english, name, content, message):
    (english / name).write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=re.escape(message)) as caught:
        compile_lexicon(english.parent, ["en"])
    assert str(english / name) in str(caught.value)


def test_a_missing_file_is_named(english):
    (english / "urgency.toml").unlink()
    with pytest.raises(LexiconError, match=r"urgency\.toml: No such file"):
        compile_lexicon(english.parent, ["en"])


def test_a_file_that_is_not_utf8_is_named(english):
    (english / "urgency.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(LexiconError, match=r"urgency\.toml: 'utf-8' codec"):
        compile_lexicon(english.parent, ["en"])
