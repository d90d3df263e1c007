"""How the environment is read, in processes of their own."""

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
def test_what_is_no_number_is_one_clear_line(name, value):
    ran = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "x" * 50, name: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr == f"{name} must be a number, not '{value}'.\n"


def test_numbers_are_read_as_they_are_written():
    ran = run(
        "print(settings.LLM_TIMEOUT, settings.LLM_DAILY_COST, settings.LLM_TEMPERATURE,"
        " settings.LLM_DAILY_CALLS)",
        LLM_TIMEOUT=" 2.5 ",
        LLM_DAILY_COST="1e2",
        LLM_TEMPERATURE="",
        LLM_DAILY_CALLS="7",
    )
    assert ran.stdout.split() == ["2.5", "100.0", "None", "7"]


def test_a_secret_is_taken_as_it_stands():
    ran = run(
        "print(settings.OPENAI_API_KEY, repr(settings.GEMINI_API_KEY), settings.SECRET_KEY)",
        OPENAI_API_KEY="$ecret",
        GEMINI_API_KEY=" ",
        SECRET_KEY="$" + "k" * 50,
    )
    assert ran.stdout.split() == ["$ecret", "''", "$" + "k" * 50]


def test_an_address_of_a_database_brings_its_own_options():
    ran = run(
        "options = settings.DATABASES['default']['OPTIONS']\n"
        "print(options['sslmode'], options['connect_timeout'], 'pool' in options)",
        DATABASE_URL="postgres://u:p@db.example.org:5432/desk?sslmode=verify-full",
    )
    assert ran.stdout.split() == ["verify-full", "5", "True"]
