"""What must not start: the real command and the real server module, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = {"SECRET_KEY": "one-of-our-own", "ADMIN_PASSWORD": "also-our-own"}
EVERYWHERE = {"HOST": "0.0.0.0", **OWN}


def run(tmp_path, *arguments, **environment):
    """The exit code and what it says, with this environment and no other setting."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def check(tmp_path, **environment):
    """The exit code and the lines that name one of our own errors."""
    code, said = run(tmp_path, "manage.py", "check", **environment)
    return code, [line for line in said.splitlines() if "(tickets." in line]


# An empty HOST stands for none, to the settings as to gunicorn.
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", ""])
def test_the_open_demo_starts_on_loopback(tmp_path, host):
    assert check(tmp_path, HOST=host, ACCESS_MODE="open") == (0, [])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "desk.example.org"])
def test_the_open_demo_does_not_start_where_others_can_reach_it(tmp_path, host):
    code, lines = check(tmp_path, **EVERYWHERE | {"HOST": host, "ACCESS_MODE": "open"})
    assert code == 1
    assert len(lines) == 1
    assert "ACCESS_MODE=open lets anybody act as an agent" in lines[0]
    assert f"(it is {host})" in lines[0]


def test_an_access_mode_that_does_not_exist_is_refused(tmp_path):
    code, lines = check(tmp_path, ACCESS_MODE="opne")
    assert code == 1
    assert len(lines) == 1
    assert lines[0].endswith("ACCESS_MODE must be one of token, open.")


def test_it_starts_everywhere_with_secrets_of_ones_own(tmp_path):
    assert check(tmp_path, **EVERYWHERE) == (0, [])


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("SECRET_KEY", {"SECRET_KEY": "change-me"}),
        ("SECRET_KEY", {"SECRET_KEY": "change-me-to-something-long-and-random"}),
        ("ADMIN_PASSWORD", {"ADMIN_PASSWORD": "change-me"}),
        ("POSTGRES_PASSWORD", {"DATABASE_URL": "postgres://desk:change-me@db/desk"}),
    ],
)
def test_a_default_secret_does_not_start_where_others_can_reach_it(tmp_path, name, environment):
    code, lines = check(tmp_path, **EVERYWHERE | environment)
    assert code == 1
    assert len(lines) == 1
    assert f"Set {name} to a secret of your own: HOST is 0.0.0.0." in lines[0]
    assert check(tmp_path, **environment, HOST="127.0.0.1") == (0, [])


def test_the_server_refuses_as_the_commands_do(tmp_path):
    code, said = run(tmp_path, "-c", "import config.wsgi", **EVERYWHERE | {"ACCESS_MODE": "open"})
    assert code == 1
    assert "ACCESS_MODE=open lets anybody act as an agent" in said.splitlines()[-1]
    assert run(tmp_path, "-c", "import config.wsgi", **EVERYWHERE) == (0, "")
