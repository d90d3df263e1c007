"""Settings with which neither a command nor the server starts. Each runs in its own process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import read
from tickets import checks

ROOT = Path(__file__).resolve().parents[2]
OWN = {"SECRET_KEY": "one of our own, and long enough to be one", "ADMIN_PASSWORD": "also-our-own"}
PUBLISHED = {"HOST": "0.0.0.0", **OWN}


def run(tmp_path, *arguments, **environment):
    """Run Python with these settings and no others; return the exit code and the output."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return process.returncode, process.stdout + process.stderr


def check(tmp_path, **environment):
    """Run `manage.py check`; return the exit code and the errors, one line each."""
    code, output = run(tmp_path, "manage.py", "check", **environment)
    lines = output.splitlines()
    errors = [line for line in lines if "(tickets." in line]
    # A value that cannot be read ends the command before any check runs.
    return code, errors or (lines if code else [])


# An empty HOST means the default.
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", ""])
def test_open_mode_starts_on_loopback(tmp_path, host):
    assert check(tmp_path, HOST=host, ACCESS_MODE="open") == (0, [])


def test_an_access_mode_that_does_not_exist_is_refused(tmp_path):
    code, lines = check(tmp_path, ACCESS_MODE="opne")
    assert code == 1
    assert len(lines) == 1
    assert lines[0] == "ACCESS_MODE must be one of token, open (it is opne)."


def test_it_starts_on_any_address_with_secrets_of_its_own(tmp_path):
    assert check(tmp_path, **PUBLISHED) == (0, [])


def test_nothing_is_left_for_djangos_deployment_checklist(tmp_path):
    settings = PUBLISHED | {
        "HTTPS": "1",
        "ALLOWED_HOSTS": "desk.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://desk.example.org",
        "SITE_URL": "https://desk.example.org",
        "SECRET_KEY": "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "SECRET_KEY_FALLBACKS": "9876543210 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    }
    arguments = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    code, output = run(tmp_path, *arguments, **settings)
    assert (code, output) == (0, "System check identified no issues (2 silenced).\n")


GOOD = OWN["SECRET_KEY"].replace(",", r"\,")


def test_a_former_key_may_have_a_comma(tmp_path):
    assert read({"SECRET_KEY_FALLBACKS": f"{GOOD}, x"})["SECRET_KEY_FALLBACKS"] == [
        OWN["SECRET_KEY"],
        "x",
    ]
    assert check(tmp_path, **PUBLISHED, SECRET_KEY_FALLBACKS=GOOD) == (0, [])


@pytest.mark.parametrize("former", ["short", f"{GOOD},change-me-{'x' * 40}"])
def test_a_former_key_must_be_as_good_as_the_present_one(tmp_path, former):
    code, [error] = check(tmp_path, **PUBLISHED, SECRET_KEY_FALLBACKS=former)
    assert code == 1
    assert "SECRET_KEY_FALLBACKS" in error


def test_the_server_refuses_what_commands_refuse(tmp_path):
    settings = PUBLISHED | {"ACCESS_MODE": "open"}
    code, output = run(tmp_path, "-c", "import config.wsgi", **settings)
    assert code == 1
    assert "ACCESS_MODE=open lets anybody act as an agent" in output.splitlines()[-1]
    assert run(tmp_path, "-c", "import config.wsgi", **PUBLISHED) == (0, "")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL must name a mail server"),
        ({"EMAIL_FROM": "support"}, "EMAIL_FROM must be one email address"),
        ({"EMAIL_FROM": "a@example.org, b@example.org"}, "EMAIL_FROM must be one"),
        ({"EMAIL_FROM": "a@example.org\nBcc: b@example.org"}, "EMAIL_FROM must be one"),
        ({"SITE_URL": "desk.example.org"}, "SITE_URL must be http"),
        ({"SITE_URL": "https://desk.example.org/desk"}, "SITE_URL must be http"),
        ({"EMAIL_URL": "smtp://mail:25", "HOST": "0.0.0.0", **OWN}, "Set SITE_URL"),
    ],
)
def test_mail_that_cannot_work_is_refused(tmp_path, environment, message):
    code, lines = check(tmp_path, **environment)
    assert code == 1
    assert len(lines) == 1
    assert message in lines[0]


def test_a_sender_that_no_message_can_have_is_refused_with_the_way_to_write_it(tmp_path):
    wrong = "Support: Team <desk@example.org>"
    code, lines = check(tmp_path, EMAIL_FROM=wrong)
    assert code == 1
    [line] = lines
    assert f"EMAIL_FROM={wrong} cannot be a sender: the name needs quotes" in line
    assert 'as in "Support: Team" <desk@example.org>.' in line
    code, output = run(tmp_path, "-c", "import config.wsgi", EMAIL_FROM=wrong)
    assert code == 1
    assert "cannot be a sender" in output


@pytest.mark.parametrize(
    "sender",
    [
        *("desk@example.org", "Support <desk@example.org>", "Dr. Who <desk@example.org>"),
        *('"Support: Team" <desk@example.org>', '"Müller, Kim" <desk@example.org>'),
        *("Grüße & Co <desk@example.org>", '"The \\"best\\" desk" <desk@example.org>'),
        *("Support <desk@müller.example>", "Support <jörg@example.org>"),
    ],
)
def test_umlauts_commas_and_quotes_in_the_sender_work(sender, settings):
    settings.DEFAULT_FROM_EMAIL = sender
    assert checks.check_sender_can_be_written() == []


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://mail", "mail.example.org", "smtp://u:hidden@mail:99999"),
        *("smtp://mail?timeout=3", "smtp+tls://mail?email_use_ssl=1"),
    ],
)
def test_a_wrong_mail_server_is_one_clear_line(tmp_path, url):
    code, output = run(tmp_path, "manage.py", "check", EMAIL_URL=url)
    assert code == 1
    assert output.startswith("EMAIL_URL must be an address such as smtp+tls://")
    assert output.count("\n") == 1
    assert "hidden" not in output


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://mail.example.org", 25),
        ("smtp+tls://kim:p%40ss@mail.example.org", 587),
        ("smtp+ssl://mail.example.org", 465),
        ("smtp+tls://mail.example.org:2525", 2525),
    ],
)
def test_each_mail_protocol_has_its_port(tmp_path, url, port):
    code = "from django.conf import settings as s; print(s.EMAIL_HOST, s.EMAIL_PORT)"
    environment = {"EMAIL_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    assert run(tmp_path, "-c", code, **environment) == (0, f"mail.example.org {port}\n")
    assert check(tmp_path, **environment) == (0, [])


def test_a_logo_of_another_site_is_refused(tmp_path):
    site = {"SITE_URL": "https://desk.example.org"}
    assert check(tmp_path, DESK_LOGO="https://desk.example.org/logo.png", **site) == (0, [])
    code, lines = check(tmp_path, DESK_LOGO="https://cdn.example.org/logo.png", **site)
    assert (code, len(lines)) == (1, 1)
    assert "DESK_LOGO must be a file or an address below https://desk.example.org" in lines[0]


def test_a_logo_that_cannot_be_read_stops_the_start_with_one_line(tmp_path):
    code, lines = check(tmp_path, DESK_LOGO=str(tmp_path / "logo.png"))
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("DESK_LOGO must name a file that can be read")
