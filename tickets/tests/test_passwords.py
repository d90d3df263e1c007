"""Which passwords are refused, which are not, and how they are typed and stored."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from config.settings import PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def desk(settings):
    settings.DESK_NAME, settings.SITE_URL = "Acme Helpers", "https://help.acme-tools.example"


@pytest.mark.parametrize(
    "password",
    [
        *("Support2026!", "AcmeHelpers1", "helpdesk-123", "acme.tools.99", "Ticket_Admin_7"),
        *(
            "password-of-acme",
            "welcome 2 acme",
            "SUPPORTSUPPORT",
            "help!help!help!",
            "Ac\u200bmeTools1",
        ),
    ],
)
def test_words_of_the_desk_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", ["plainplain", "plain-2026!", "PLAIN.plain.1", "acmeplain1"])
def test_little_more_than_the_accounts_name_is_refused(password):
    with pytest.raises(ValidationError, match="mostly your name"):
        validate_password(password, User(username="plain"))


def test_a_name_beside_other_words_is_accepted():
    validate_password("plain as bread and butter", User(username="plain"))


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "qwertyuiop",
        "iloveyou1",
        "sunshine1",
        "letmein123",
        "73920461",
        "x7!Kq2z",
        "",
    ],
)
def test_common_short_and_numeric_ones_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        *("violet-canoe-77", "supportive otters rhyme", "Tk8#wQz!mPv2", "ожидание-лампа-93"),
        *("my ticket to Lisbon", "x" * 4 + "Qk7!pLmw", "\N{PILE OF POO}" * 3 + "kwpzq-18"),
        *("correct horse battery staple " * 4, "kwz pqv" * 120, "allinlowercase", "ПАРОЛЬНЕТ"),
    ],
)
def test_others_are_not(password):
    validate_password(password)


def test_they_are_hashed_by_argon2():
    assert PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_browsers_hide_and_remember_them():
    """Each field hides what is typed, and lets password managers and the clipboard fill it in."""
    templates = [path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    tags = [tag for text in templates for tag in re.findall(r"<input\b[^>]*>", text)]
    fields = [tag for tag in tags if re.search(r'name="[^"]*password|type="password"', tag)]
    includes = [
        each for text in templates for each in re.findall(r"[^%]*_password.html[^%]*", text)
    ]
    assert len(fields) >= 2
    assert len(includes) >= 8
    for tag in fields:
        assert 'type="password"' in tag
        assert re.search(r'autocomplete="(?:(?:current|new)-password|{{ complete }})"', tag)
        assert "onpaste" not in tag
    for include in includes:
        assert re.search(r'complete="(?:current|new)-password"', include)
