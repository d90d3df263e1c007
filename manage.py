#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys
from typing import NoReturn


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018  (reads the environment)
    except ImproperlyConfigured as error:
        if sys.argv[1:2] == ["doctor"]:
            report_settings(str(error))
        fail(str(error))
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in sys.argv:
            raise
        # A wrong address or password is as likely as a fault of the command, and says so.
        fail("; ".join(line.strip() for line in str(error).splitlines() if line.strip()))


def report_settings(problem: str) -> NoReturn:
    """Have the doctor say what is wrong with the settings, which it cannot look past."""
    from config.environment import problems
    from tickets.services.doctor.finding import as_json, as_text, skipped, wrong

    findings = [wrong("settings", text) for text in problems(os.environ) or [problem]]
    findings.append(skipped("others", "Not looked at: they need the settings."))
    print(as_json(findings) if "--json" in sys.argv else as_text(findings))
    sys.exit(1)


def fail(line: str) -> None:
    from config.logs import refusal

    print(refusal(line, os.environ), file=sys.stderr)
    # A mail server keeps its message if it sees 75, and returns it to the sender if it sees 1.
    sys.exit(75 if sys.argv[1:2] == ["receive_mail"] else 1)


if __name__ == "__main__":
    main()
