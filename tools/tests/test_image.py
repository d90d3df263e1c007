"""The Docker image contains the application and no tools."""

from pathlib import Path

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
