"""Run the soak: `make soak`, or `make soak ARGS="--kills 100 --only kills,breakages"`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bench.progress import Progress

from . import report
from .run import PARTS, plan_of, soak


def main() -> None:
    options = parse()
    progress, load = Progress(sys.stderr), os.getloadavg()[0]
    plan = plan_of(options.only, options.kills, options.jobs, options.worker_kills, options.minutes)
    result = soak(plan, progress)
    progress.close()
    command = shlex.join(sys.argv[1:])
    conditions = {
        "command": f'make soak ARGS="{command}"' if command else "make soak",
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load_before": load,
        "load_after": os.getloadavg()[0],
    }
    parts = {name: {**part, **conditions} for name, part in report.summary(result).items()}
    print(report.page(parts))
    if not options.dry:
        report.write(report.read() | parts)
    failed = failures(parts)
    if result.kills:
        failed += result.kills.comparison.lost[:5]
    if failed:
        sys.exit("\n".join(failed))


def failures(parts: Mapping[str, Any]) -> list[str]:
    """Return what must not be, whatever the speed of the machine."""
    failed = []
    for name, counts in {
        "kills": ("lost", "doubled", "confirmed_twice"),
        "jobs": ("lacking", "doubled", "failed"),
    }.items():
        failed += [
            f"{name}: {parts[name][key]} {key}" for key in counts if parts.get(name, {}).get(key)
        ]
    for name, row in parts.get("breakages", {}).get("rows", {}).items():
        wrong = {status for status in row["statuses"] if status != "503" and status[0] != "2"}
        failed += [f"{name}: answers with status {status}" for status in sorted(wrong)]
    return failed


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--worker-kills", type=int, default=100)
    parser.add_argument(
        "--minutes", type=float, default=60, help="after which the kills and the jobs end, each"
    )
    parser.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=PARTS,
        help=f"parts: {','.join(PARTS)}",
    )
    parser.add_argument("--dry", action="store_true", help="print the page, and do not write it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
