"""Look for known vulnerabilities of the pinned packages, with pip-audit.

    .venv/bin/python tools/audit.py requirements/desk.txt ...

Exits with 1 if there is one. What pip-audit has no data about it names, and exits with 0: a check
must work on a machine without the internet too.
"""

import json
import subprocess
import sys
from typing import Any

SECONDS = 15  # to wait for each answer


def main(lists: list[str]) -> int:
    options = ["--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json"]
    files = [each for path in lists for each in ("--requirement", path)]
    result = subprocess.run(
        [sys.executable, "-m", "pip_audit", f"--timeout={SECONDS}", *options, *files],
        capture_output=True,
        text=True,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"NOT CHECKED for known vulnerabilities, since pip-audit failed: {reason}")
        return 0
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    if unknown:
        print(f"NOT CHECKED for known vulnerabilities: {', '.join(unknown)}")
    problems = [line for each in packages for line in _problems(each)]
    for line in problems:
        print(line)
    if not problems and len(unknown) < len(packages):
        print(f"No known vulnerability in {len(packages) - len(unknown)} packages.")
    return 1 if problems else 0


def _problems(package: dict[str, Any]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {each['id']},"
        f" fixed in {', '.join(each['fix_versions']) or 'no version'}"
        for each in package.get("vulns", ())
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
