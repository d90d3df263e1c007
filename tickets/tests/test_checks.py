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


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL names no mail server"),
        ({"EMAIL_FROM": "support"}, "EMAIL_FROM must be one e-mail address"),
        ({"EMAIL_FROM": "a@example.org, b@example.org"}, "EMAIL_FROM must be one"),
        ({"EMAIL_FROM": "a@example.org\nBcc: b@example.org"}, "EMAIL_FROM must be one"),
        ({"SITE_URL": "desk.example.org"}, "SITE_URL must be http"),
        ({"SITE_URL": "https://desk.example.org/desk"}, "SITE_URL must be http"),
        ({"EMAIL_URL": "smtp://mail:25", "HOST": "0.0.0.0", **OWN}, "Set SITE_URL"),
    ],
)
def test_mail_that_could_not_work_does_not_start(tmp_path, environment, words):
    code, lines = check(tmp_path, **environment)
    assert code == 1
    assert len(lines) == 1
    assert words in lines[0]


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://mail", "mail.example.org", "smtp://u:hidden@mail:99999"),
        *("smtp://mail?timeout=3", "smtp+tls://mail?email_use_ssl=1"),
    ],
)
def test_a_mail_server_that_cannot_be_read_is_one_clear_line(tmp_path, url):
    code, said = run(tmp_path, "manage.py", "check", EMAIL_URL=url)
    assert code == 1
    assert said.startswith("EMAIL_URL must be an address such as smtp+tls://")
    assert said.count("\n") == 1
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example.org", 25),
        ("smtp+tls://kim:p%40ss@mail.example.org", 587),
        ("smtp+ssl://mail.example.org", 465),
        ("smtp+tls://mail.example.org:2525", 2525),
    ],
)
def test_each_way_to_a_mail_server_has_its_port(tmp_path, url, port):
    asked = "from django.conf import settings as s; print(s.EMAIL_HOST, s.EMAIL_PORT)"
    environment = {"EMAIL_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    assert run(tmp_path, "-c", asked, **environment) == (0, f"mail.example.org {port}\n")
    assert check(tmp_path, **environment) == (0, [])
