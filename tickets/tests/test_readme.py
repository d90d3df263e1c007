"""The README's curl lines work as written, and the documents list the settings as declared."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.environment import read
from config.environment.declarations.sections import SETTINGS
from config.environment.documents import DOCUMENTS, ENV_EXAMPLE, SETTINGS_PAGE, render
from tickets.access.actors import SYSTEM
from tickets.models.ticket import Ticket
from tickets.services.accounts import create_token

from .factories import TicketFactory

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [
    line
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("curl ")
]
# The response to each line, in the same order.
ANSWERS = [
    {"suggested_category": "billing", "source": "offline"},
    {"title": "Charged twice", "requester_email": "kim@example.com"},
    {"title": "Charged twice"},
    [],
    {"status": "open"},
    {"status": "in_progress", "priority": "high"},
    {"body": "Checked with accounting.", "public": False},
    [],
    {"open_tickets": 1},
    {"suggested_title": "Since this morning the export button does nothing"},
    {"total_tickets": 1},
]
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def run(line: str, live_server, ticket: Ticket, **environment: str):
    line = line.replace("http://127.0.0.1:8000", live_server.url)
    line = line.replace("/tickets/1/", f"/tickets/{ticket.pk}/")
    answer = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, env=environment
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def assert_answers(answer, expected) -> None:
    if isinstance(expected, list):
        assert isinstance(answer, list)
        return
    assert {key: answer.get(key) for key in expected} == expected


def test_every_line_has_an_expected_answer():
    assert len(LINES) == len(ANSWERS)


@needs_curl
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("line", "expected"), list(zip(LINES, ANSWERS, strict=False)))
def test_it_works_as_written_in_open_mode(live_server, settings, line, expected):
    settings.ACCESS_MODE = "open"
    ticket = TicketFactory(status="open")
    secret = create_token("readme", ["read"], SYSTEM).secret
    assert_answers(run(line, live_server, ticket, TOKEN=secret), expected)


@needs_curl
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("line", "expected"), list(zip(LINES, ANSWERS, strict=False)))
def test_it_works_with_a_token_in_token_mode(live_server, line, expected):
    ticket = TicketFactory(status="open")
    secret = create_token("readme", ["read", "write"], SYSTEM).secret
    with_token = line if "Authorization" in line else f'{line} -H "Authorization: Bearer $TOKEN"'
    assert_answers(run(with_token, live_server, ticket, TOKEN=secret), expected)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_settings_are_listed_as_declared(path):
    assert path.read_text() == render(path), "Run: .venv/bin/python -m config.environment"


def test_every_setting_is_explained():
    names = {setting.name for setting in SETTINGS}
    assert len(names) > 20
    for path in (ENV_EXAMPLE, SETTINGS_PAGE):
        assert names - set(re.findall(r"[A-Z][A-Z_]+", path.read_text())) == set()
    assert all(setting.help.endswith((".", "`")) for setting in SETTINGS)


def test_docker_needs_no_setting_that_is_not_declared():
    names = {name for setting in SETTINGS for name in (setting.name, setting.file_name)}
    compose = (ENV_EXAMPLE.parent / "docker-compose.yml").read_text()
    of_the_build = {"GEMINI_SDK"}
    assert set(re.findall(r"\$\{(\w+)", compose)) - names == of_the_build


def test_the_example_is_a_valid_environment():
    lines = ENV_EXAMPLE.read_text().splitlines()
    commented_out = [line.removeprefix("#") for line in lines if re.match(r"#[A-Z_]+=", line)]
    assignments = [line for line in lines if line and not line.startswith("#")]
    environment = dict(line.split("=", 1) for line in [*assignments, *commented_out])
    assert environment.keys() == {setting.name for setting in SETTINGS}
    # The parts of a database's address, or all of it.
    values = {name: value.strip('"') for name, value in environment.items()}
    for prefixes in (("DATABASE_URL", "DATABASE_OWNER_URL"), ("POSTGRES_",)):
        read({name: value for name, value in values.items() if not name.startswith(prefixes)})
