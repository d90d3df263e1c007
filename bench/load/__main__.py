"""Fill an empty desk with generated tickets: `python -m bench.load --tickets 1000000`.

The desk is that of DATA_DIR or DATABASE_URL; it is migrated first. `--stop` stops the embedded
server at the end, so that its directory can be copied.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    django.setup()
    from bench.load.desk import fill_desk

    parser = argparse.ArgumentParser(
        prog="python -m bench.load", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--until",
        type=lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
        default=datetime.now(UTC).replace(minute=0, second=0, microsecond=0),
        help="when the newest ticket came, such as 2026-01-31T12:00; now, if not given",
    )
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    fill_desk(options.tickets, options.until, options.seed, sys.stderr)
    if options.stop:
        from tickets.management.commands.run_local import stop_database

        stop_database()


if __name__ == "__main__":
    main()
