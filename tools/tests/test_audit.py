"""What `make check` says of known vulnerabilities, with a program in the place of pip-audit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).resolve().parents[1] / "audit.py"
SAFE = {"name": "django", "version": "5.2.19", "vulns": []}
UNKNOWN = {"name": "gunicorn", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1", "2.0"]}],
}


@pytest.fixture
def audit(tmp_path):
    """Return a function that runs the check where pip-audit writes these texts."""

    def run(output, errors=""):
        package = tmp_path / "pip_audit"
        package.mkdir()
        (package / "__init__.py").touch()
        program = f"import sys; sys.stdout.write({output!r}); sys.exit({errors!r} or 0)"
        (package / "__main__.py").write_text(program)
        result = subprocess.run(
            [sys.executable, AUDIT, "requirements/desk.txt"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        return result.returncode, result.stdout.splitlines()

    return run


def report(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


def test_packages_without_known_vulnerabilities_pass(audit):
    assert audit(report(SAFE)) == (0, ["No known vulnerability in 1 packages."])


def test_a_known_vulnerability_fails(audit):
    code, lines = audit(report(SAFE, VULNERABLE))
    assert code == 1
    assert lines == ["pillow 1.0: PYSEC-2026-1, fixed in 1.1, 2.0"]


def test_what_it_has_no_data_about_is_named_and_does_not_fail(audit):
    code, lines = audit(report(SAFE, UNKNOWN))
    assert code == 0
    assert lines == [
        "NOT CHECKED for known vulnerabilities: gunicorn",
        "No known vulnerability in 1 packages.",
    ]


def test_without_its_data_it_says_so_and_does_not_fail(audit):
    code, lines = audit("", "Traceback\nrequests.exceptions.ConnectionError: pypi.org")
    assert code == 0
    [line] = lines
    assert line.startswith("NOT CHECKED for known vulnerabilities, since pip-audit failed:")
    assert line.endswith("ConnectionError: pypi.org")
