"""The settings, and the packages that are installed."""

from __future__ import annotations

import platform
import stat
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.core import checks
from packaging.requirements import Requirement

from ... import __version__
from ...access.publication import published_by
from ..privileges import known_of_owner
from .finding import Finding, ok, wrong

MAX_NAMED = 5  # packages


def look_at_settings() -> Iterator[Finding]:
    """Yield what Django's checks and ours object to."""
    messages = [each for each in checks.run_checks() if each.level >= checks.WARNING]
    for message in messages:
        yield wrong("settings", message.msg, message.hint or "")
    of_owner = list(known_of_owner())
    for problem in of_owner:
        yield wrong("settings", problem)
    path = settings.DATA_DIR / "secret_key"
    if settings.SECRET_KEY_IS_STORED and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield wrong("settings", f"Others can read {path}.", f"Run: chmod 600 {path}")
    elif not (messages or of_owner):
        reason = published_by()
        reach = f"Others can reach the desk: {reason}" if reason else "Only this machine reaches it"
        yield ok("settings", f"They can be read, and are safe. {reach}.")


def look_at_versions() -> Iterator[Finding]:
    """Compare the installed packages with those of the lock files."""
    directory = settings.BASE_DIR / "requirements"
    required = [each for name in _lists() for each in _pins(directory / name)]
    differences = [each for requirement in required for each in _difference(requirement)]
    if differences:
        more = f", and {len(differences) - MAX_NAMED} more" * (len(differences) > MAX_NAMED)
        yield wrong(
            "versions",
            f"Other packages are installed than {directory} says:"
            f" {', '.join(differences[:MAX_NAMED])}{more}.",
            "Run pip install -r requirements.txt, or build the image again, and restart.",
        )
    else:
        python = platform.python_version()
        yield ok(
            "versions",
            f"Release {__version__}, Python {python}, {len(required)} packages as locked.",
        )


def _lists() -> Iterator[str]:
    """Yield the names of the lists that belong to this installation."""
    yield "desk.txt"
    if not settings.INSTALLATION:
        yield "embedded.txt"
    with suppress(PackageNotFoundError):  # GEMINI_BACKEND=rest needs none of it
        version("google-generativeai")
        yield "google-generativeai.txt"


def _pins(path: Path) -> Iterator[Requirement]:
    for line in path.read_text().splitlines():
        if line[:1].isalnum():
            required = Requirement(line.rstrip("\\ "))
            if required.marker is None or required.marker.evaluate():
                yield required


def _difference(required: Requirement) -> list[str]:
    locked = str(required.specifier).removeprefix("==")
    try:
        installed = version(required.name)
    except PackageNotFoundError:
        return [f"{required.name} {locked} is missing"]
    return (
        []
        if required.specifier.contains(installed, prereleases=True)
        else [f"{required.name} is {installed}, not {locked}"]
    )
