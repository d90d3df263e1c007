"""How settings are read from the environment, each in its own process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code, **environment):
    command = [sys.executable, "-c", f"from config import settings\n{code}"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "x" * 50} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_TIMEOUT", "500ms"),
        ("LLM_TIMEOUT", "nan"),
        ("LLM_TIMEOUT", "inf"),
        ("LLM_DAILY_COST", "five"),
        ("LLM_MAX_INPUT_CHARS", "4e3"),
        ("WEB_THREADS", "8x"),
        ("PORT", "http"),
    ],
)
def test_an_invalid_number_is_reported_in_one_line(name, value):
    completed = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "x" * 50, name: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert completed.returncode == 1
    assert completed.stderr == f"{name} must be a number, not '{value}'.\n"


def test_numbers_are_parsed():
    completed = run(
        "print(settings.LLM_TIMEOUT, settings.LLM_DAILY_COST, settings.LLM_TEMPERATURE,"
        " settings.LLM_DAILY_CALLS)",
        LLM_TIMEOUT=" 2.5 ",
        LLM_DAILY_COST="1e2",
        LLM_TEMPERATURE="",
        LLM_DAILY_CALLS="7",
    )
    assert completed.stdout.split() == ["2.5", "100.0", "None", "7"]


def test_a_secret_is_read_literally():
    completed = run(
        "print(settings.OPENAI_API_KEY, repr(settings.GEMINI_API_KEY), settings.SECRET_KEY)",
        OPENAI_API_KEY="$ecret",
        GEMINI_API_KEY=" ",
        SECRET_KEY="$" + "k" * 50,
    )
    assert completed.stdout.split() == ["$ecret", "''", "$" + "k" * 50]


def test_the_database_url_sets_connection_options():
    completed = run(
        "options = settings.DATABASES['default']['OPTIONS']\n"
        "print(options['sslmode'], options['connect_timeout'], 'pool' in options)",
        DATABASE_URL="postgres://u:p@db.example.org:5432/desk?sslmode=verify-full",
    )
    assert completed.stdout.split() == ["verify-full", "5", "True"]
