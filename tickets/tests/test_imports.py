"""The order of the house: a module imports only what stands above it."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
ORDER = [
    ["exceptions", "vocabulary", "circuit_breaker"],
    ["triage"],
    ["querysets"],
    ["models"],
    ["sharing"],
    ["access"],
    ["forms"],
    ["services"],
    ["tasks"],
    ["wording"],
    ["web"],
    ["api", "pages", "admin"],
]
# Beside the order: what Django starts with, and what is run by hand.
ALLOWED = {
    "admin_site": {"exceptions", "models"},
    "apps": {"checks", "roles", "sharing", "triage"},
    "checks": {"triage"},
    "roles": {"models"},
    "management": {
        "access",
        "checks",
        "exceptions",
        "forms",
        "models",
        "services",
        "sharing",
        "triage",
    },
}
RANKS = {name: rank for rank, names in enumerate(ORDER) for name in names}
FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] not in ("tests", "migrations", "__init__.py")
]


@cache
def imports(path):
    """The full names of everything that a file imports when it runs."""
    here = ["tickets", *path.relative_to(PACKAGE).with_suffix("").parts]
    found = set()
    for node in ast.walk(without_types(ast.parse(path.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level] if node.level else []
            module = ".".join([*start, *(node.module.split(".") if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def without_types(tree):
    """Leave out what only a type checker reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    return tree


def part_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def parts_used(path):
    """The parts of the package that a file imports, other than its own."""
    names = [name.split(".") for name in imports(path)]
    used = {name[1] for name in names if name[0] == "tickets" and len(name) > 1}
    return used - {part_of(path)}


def test_every_part_has_its_place():
    assert {part_of(path) for path in FILES} == RANKS.keys() | ALLOWED.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_imports_only_what_stands_above_it(path):
    part = part_of(path)
    if part in ALLOWED:
        assert parts_used(path) <= ALLOWED[part]
    else:
        above = {name for name, rank in RANKS.items() if rank < RANKS[part]}
        assert parts_used(path) <= above


def test_triage_knows_no_model_and_no_request():
    forbidden = ("django.db", "django.http", "django.contrib", "django.test", "django.shortcuts")
    for path in FILES:
        if part_of(path) in ("triage", "exceptions"):
            assert not [name for name in imports(path) if name.startswith(forbidden)], path


def test_forms_and_services_know_no_http():
    for path in FILES:
        if part_of(path) in ("querysets", "models", "forms", "services", "tasks"):
            assert not [name for name in imports(path) if name.startswith("django.http")], path


def test_the_models_package_is_imported_in_one_file_only():
    users = [path for path in FILES if any(name.startswith("google.") for name in imports(path))]
    assert [path.name for path in users] == ["gemini_sdk.py"]


def test_the_reader_sees_relative_and_absolute_imports():
    views = imports(PACKAGE / "api" / "views" / "tickets.py")
    assert {"tickets.services", "tickets.models.Ticket", "django.http.HttpResponse"} <= views
