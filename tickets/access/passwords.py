"""Passwords that whoever knows the desk would try first."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

# What people call such a program, and a password. Documented in docs/security.md.
NAMES = ("admin", "agent", "desk", "help", "password", "service", "support", "ticket", "welcome")
MIN_OTHER_CHARACTERS = 4
MESSAGE = (
    "This password is mostly your name, the name of the desk, or a word such as “support”, which"
    " others would try first."
)


class NoWordsOfTheDesk:
    """Refuses passwords with little more than the desk's names, the account's and NAMES in them."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError."""
        characters = re.sub(r"[\W\d_]", "", password.casefold())
        beside = characters
        for name in sorted(_names() | _names_of(user), key=len, reverse=True):
            beside = beside.replace(name, "")
        if beside != characters and len(beside) < MIN_OTHER_CHARACTERS:
            raise ValidationError(MESSAGE, code="password_of_the_desk")

    def get_help_text(self) -> str:
        return (
            "Your password can't be mostly your name, the name of the desk or a word such as"
            " “support”."
        )


def _names_of(user: object) -> set[str]:
    name = user.get_username() if isinstance(user, AbstractBaseUser) else ""
    return set(re.findall(r"[^\W\d_]{4,}", name.casefold()))


def _names() -> set[str]:
    """Return NAMES and those of the desk's name and address, in lower case."""
    own = f"{settings.DESK_NAME} {settings.SITE_URL}".casefold()
    return {*NAMES, *re.findall(r"[^\W\d_]{4,}", own)}
