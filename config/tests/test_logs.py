"""What a line of the log looks like, and what never stands in one."""

import json
import logging
import os
import re
import subprocess
import sys

import pytest

from config.environment.setting import BASE_DIR
from config.logs import MASK, Formatter, refusal

SECRET = "correct horse battery"
ISO_TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"


def written(message, *arguments, is_json=False, exc_info=None, **fields):
    event = logging.LogRecord("desk", logging.INFO, "x.py", 1, message, arguments, exc_info)
    event.__dict__.update(fields)
    return Formatter(is_json=is_json, secrets=[SECRET, "short"]).format(event)


def test_a_line_of_text_has_time_zone_level_and_request():
    line = written("answered", method="GET", route="requester-page", status=200, ms=1.5)
    assert line.endswith("INFO desk answered method=GET route=requester-page status=200 ms=1.5")
    assert re.fullmatch(ISO_TIME, line.split()[0])


def test_a_line_of_json_is_one_object_whatever_it_says():
    entry = json.loads(written('two\nlines "é"', is_json=True, request_id="ab12", status=503))
    assert entry["message"] == 'two\nlines "é"'
    assert (entry["level"], entry["request_id"], entry["status"]) == ("INFO", "ab12", 503)
    assert re.fullmatch(ISO_TIME, entry["time"])


def test_a_process_that_cannot_start_says_why_in_the_format_of_the_log():
    reason = "PORT must be a number, not 'eighty'."
    assert refusal(reason, {}) == refusal(reason, {"LOG_FORMAT": "text"}) == reason
    entry = json.loads(refusal(reason, {"LOG_FORMAT": "json"}))
    assert (entry["level"], entry["message"]) == ("CRITICAL", reason)


UNSAFE = {"ALLOWED_HOSTS": "desk.example.org", "ACCESS_MODE": "open"}


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "procrastinate", "worker"),
        ("-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"),
    ],
)
@pytest.mark.parametrize(
    ("variables", "reason"),
    [({"PORT": "eighty"}, "PORT must be"), (UNSAFE, "use ACCESS_MODE=token")],
)
def test_web_server_and_worker_end_with_one_line_of_json(tmp_path, command, variables, reason):
    result = subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "LOG_FORMAT": "json"}
        | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode != 0
    entries = [json.loads(line) for line in result.stderr.splitlines()]
    assert reason in entries[-1]["message"]
    assert entries[-1]["level"] == "CRITICAL"


def test_nobody_can_forge_a_line():
    assert "\n" not in written("path /x\r\n2026-01-01 ERROR forged")


@pytest.mark.parametrize("is_json", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "GET /t/{}/close/",
        "https://desk.example/t/{}/",
        "/confirm/{}/",
        "/invitation/Mw/{}/",
        "/reset/Mw/{}/",
        "Authorization: Bearer {}",
        "postgres://desk:{}@db/desk",
        "/tickets/?status=open&search={}&sort=newest",
        "connecting with password={} failed",
        '{{"token": "{}"}}',
        "Cookie: sessionid={}; a=b",
    ],
)
def test_secrets_and_private_links_are_masked(text, is_json):
    line = written(text.format("Qx7-_k2Z"), is_json=is_json)
    assert "Qx7-_k2Z" not in line
    assert MASK in line
    assert "Qx7-_k2Z" not in written("%s failed", text.format("Qx7-_k2Z"))


def test_secrets_of_the_settings_are_masked_in_tracebacks_too():
    try:
        raise ValueError(f"cannot use {SECRET}")
    except ValueError:
        line = written("failed", exc_info=sys.exc_info())
    assert "Traceback" in line
    assert SECRET not in line
    assert "short" in written("a short text")


def test_what_is_no_secret_stays():
    for text in ("12 tokens, no password", "GET /tickets/12/", "http://127.0.0.1:8000/t/"):
        assert text in written(text)
