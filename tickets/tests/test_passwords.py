"""Passwords that whoever knows the desk would try first are refused, and no others for it."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


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


@pytest.mark.parametrize(
    "password",
    [
        *("violet-canoe-77", "supportive otters rhyme", "Tk8#wQz!mPv2", "ожидание-лампа-93"),
        *("my ticket to Lisbon", "x" * 4 + "Qk7!pLmw", "\N{PILE OF POO}" * 3 + "kwpzq-18"),
        "correct horse battery staple " * 4,
    ],
)
def test_others_are_not(password):
    validate_password(password)
