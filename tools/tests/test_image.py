"""The Docker image contains the application and no tools."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_image_has_no_tools_and_no_tests():
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert rules[0] == "*"
    assert "**/tests" in rules
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert {
        "bounded_postgres",
        "config",
        "embedded_postgres",
        "templates",
        "static",
        "tickets",
    } <= allowed
    assert not {"tools", "bench", "conftest.py"} & allowed


@pytest.mark.parametrize(
    ("sdk", "installed"),
    [("1", {"desk.txt", "google-generativeai.txt"}), ("0", {"desk.txt"})],
)
def test_it_installs_whole_lists_by_hash_with_or_without_the_ended_sdk(tmp_path, sdk, installed):
    dockerfile = (ROOT / "Dockerfile").read_text()
    [step] = re.findall(r"^RUN (rm requirements.*?[^\\])$", dockerfile, re.DOTALL | re.MULTILINE)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    # What the step would run is printed.
    step = step.replace("python -m venv", "echo").replace("/venv/bin/pip", "echo pip")
    step = step.replace("rm -rf /venv", "echo rm /venv")
    result = subprocess.run(
        ["sh", "-ec", step],
        cwd=tmp_path,
        env={"GEMINI_SDK": sdk, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    [command] = [line for line in result.stdout.splitlines() if "pip install" in line]
    assert "--require-hashes" in command
    assert set(re.findall(r"-r requirements/(\S+)", command)) == installed
