#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018  (reads the environment)
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        # A mail server keeps its message if it sees 75, and returns it to the sender if it sees 1.
        sys.exit(75 if sys.argv[1:2] == ["receive_mail"] else 1)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
