"""A module imports only from the layers above it, and no modules import each other in a cycle.

The test reads the source. So it sees imports inside functions and under TYPE_CHECKING, and dotted
names in strings, too.
"""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bench", "bounded_postgres", "config", "embedded_postgres", "tickets", "tools")

# Each part of `tickets` may import those above it.
ORDER = (
    ("vocabulary",),
    ("exceptions",),
    ("requester_texts",),
    ("circuit_breaker",),
    ("durations",),
    ("instruments",),
    ("transactions",),
    ("rich_text",),
    ("mail",),
    ("files",),
    ("triage",),
    ("querysets",),
    ("models",),
    ("audit",),
    ("access",),
    ("forms",),
    ("services",),
    ("tasks",),
    ("web",),
    ("api", "pages", "admin"),
)
# Beside the order: what Django starts with, and what people run by hand.
BESIDE = {
    "__init__": set(),
    "admin_site": {"access", "exceptions", "models", "services", "web"},
    "apps": {"access", "admin_site", "checks", "services", "triage"},
    "checks": {"access", "services", "triage"},
    "management": {
        *("access", "checks", "exceptions", "forms", "mail", "models", "services"),
        "triage",
        "vocabulary",
    },
}
# What a package may import of others.
OTHER_PACKAGES = {
    "bench": {"config", "embedded_postgres", "tickets", "tools"},
    "bounded_postgres": set(),
    "config": {"bounded_postgres"},
    "embedded_postgres": {"bounded_postgres"},
    "tickets": {"bounded_postgres"},
    "tools": set(),
}
# The exceptions: entry points, and commands that run the program.
ENTRY_POINTS = {
    ("config.wsgi", "tickets.checks"),  # a server runs no command, so it checks the settings itself
    ("config.gunicorn", "tickets.triage.engine"),  # loads the model's package before requests come
    # Every web process watches the conditions.
    ("config.gunicorn", "tickets.services.conditions.watch"),
    ("config.logs", "tickets.web.request_log"),  # adds the request to each line
    ("config.urls", "tickets.api.urls"),
    ("config.urls", "tickets.pages.urls"),
    ("config.urls", "tickets.web.errors"),  # the error handlers
    ("tickets.management.commands.run_local", "config.wsgi"),  # an argument of gunicorn
    ("tickets.management.commands.run_local", "embedded_postgres.server"),  # stops it at the end
    ("tickets.management.commands.run_fake_llm", "tools.fake_llm"),
    ("tickets.management.commands.run_fake_mail", "tools.fake_mail"),
}
# The packages whose `__init__.py` holds more than a docstring, and why.
FACES = {
    "config.environment": "`read` is all that the settings need of it",
    "tickets": "holds the version",
    "tickets.admin": "Django imports it to register the admin's classes",
    "tickets.models": "Django imports it to find the models",
    "tools.fake_llm": "`FakeLLM` is all that the tests need of it",
    "tools.fake_mail": "the server, and its two ways to reach the desk",
}

# An edit of a ticket gives feedback to the classifier, and the job of the model edits tickets.
CYCLES_OF_FOLDERS = [["tickets.services.editing", "tickets.services.triage"]]


def test_every_part_has_a_position():
    parts = {part(name) for name in modules() if name.startswith("tickets.")}
    assert parts - positions().keys() - BESIDE.keys() == set()
    assert positions().keys() - parts == set()


def test_a_module_imports_only_from_the_layers_above():
    offenders = []
    for name, target in edges(inside=("tickets",)):
        own, other = part(name), part(target)
        if other in (own, "__init__"):
            continue
        is_allowed = (
            other in BESIDE[own]
            if own in BESIDE
            else other in positions() and positions()[other] < positions()[own]
        )
        if not is_allowed:
            offenders.append(f"{name} -> {target}")
    assert offenders == []


def test_no_modules_import_each_other_in_a_cycle():
    assert cycles(graph()) == []


def test_no_folder_is_part_of_a_cycle():
    """A folder without folders in it counts as one module."""
    joined = defaultdict(set)
    for name, imported in graph().items():
        joined[unit(name)] |= {unit(target) for target in imported} - {unit(name)}
    assert cycles(joined) == CYCLES_OF_FOLDERS


def test_a_package_imports_only_the_packages_that_it_may():
    offenders = {
        (name, target)
        for name, target in edges()
        if top(target) not in {top(name), *OTHER_PACKAGES[top(name)]}
    }
    assert offenders - ENTRY_POINTS == set()
    assert ENTRY_POINTS - offenders == set()


def test_modules_outside_the_order_may_import_only_what_they_need():
    needed = defaultdict(set)
    for name, target in edges(inside=("tickets",)):
        needed[part(name)].add(part(target))
    assert {name: needed[name] - {name} for name in BESIDE} == BESIDE


def test_no_model_and_no_job_is_looked_up_by_its_name():
    offenders = [
        f"{name}:{node.lineno} {node.func.attr}"
        for name, module in modules().items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get_model", "configure_task")
    ]
    assert offenders == []


def test_no_package_repeats_the_names_of_its_modules():
    offenders = {
        name
        for name, module in modules().items()
        if module.is_package and not has_only_a_docstring(module.tree)
    }
    assert offenders == FACES.keys()


def test_triage_imports_no_table_and_no_request():
    forbidden = ("django.db", "django.http", "django.contrib", "django.test", "django.shortcuts")
    assert outside_imports(("exceptions", "circuit_breaker", "triage"), forbidden) == []


def test_forms_and_services_know_nothing_about_http():
    parts = ("vocabulary", "querysets", "models", "audit", "forms", "services", "tasks")
    assert outside_imports(parts, ("django.http", "django.shortcuts", "django.urls")) == [
        # A ticket knows its own addresses.
        "tickets.models.private_link -> django.urls.reverse",
        "tickets.models.ticket -> django.urls.reverse",
    ]


def test_the_models_package_is_imported_in_one_file_only():
    users = {name for name in modules() for target in names(name) if target.startswith("google.")}
    assert users == {"tickets.triage.providers.gemini_sdk"}


# --- the reader -------------------------------------------------------------------------


def test_it_reads_every_kind_of_import():
    source = '''
    """tickets.models is not imported by a docstring."""
    from __future__ import annotations
    from typing import TYPE_CHECKING
    import django.db
    import tickets.exceptions
    from . import editing
    from .mail import outbox as mail
    from ..models.ticket import Ticket, digest
    from .. import vocabulary

    if TYPE_CHECKING:
        from ..models.mail import Email

    def later():
        from tickets.triage import engine

    VIEW = "tickets.pages.views.ticket.show"
    SALT = "tickets.cursor"

    @app.task(aliases=["tickets.tasks.purge"])
    def purge(): ...
    '''
    lines = [line.removeprefix("    ") for line in source.strip().splitlines()]
    tree = ast.parse("\n".join(lines))
    targets = {resolve(name) for name in imported_names("tickets.services.tickets", tree)}
    assert targets - {None} == {
        "tickets.exceptions",
        "tickets.services.editing",
        "tickets.services.mail.outbox",
        "tickets.models.ticket",
        "tickets.vocabulary",
        "tickets.models.mail",
        "tickets.triage.engine",
        "tickets.pages.views.ticket",
    }


def test_it_finds_cycles_of_any_length():
    assert cycles({"a": {"b"}, "b": {"c"}, "c": set(), "d": {"a"}}) == []
    assert cycles({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == [["a", "b"]]
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"d"}}) == [["a", "b", "c"], ["d"]]


class Module:
    def __init__(self, path):
        self.path = path
        self.is_package = path.name == "__init__.py"
        self.tree = ast.parse(path.read_text(encoding="utf-8"))


@cache
def modules():
    """Return all our modules by their dotted names, without tests and migrations."""
    by_name = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not {"tests", "migrations", "node_modules"} & set(parts):
                by_name[".".join(parts).removesuffix(".__init__")] = Module(path)
    return by_name


@cache
def names(name):
    module = modules()[name]
    return imported_names(f"{name}.__init__" if module.is_package else name, module.tree)


def imported_names(name, tree):
    """Return the dotted names that a module imports or names in a string.

    Strings are ignored where they name no module: in the aliases of a job, which are names in the
    queue, and in the settings, from which Django loads the parts of the program.
    """
    here = name.split(".")
    ignored = {
        id(text)
        for node in ast.walk(tree)
        if name == "config.settings" or (isinstance(node, ast.keyword) and node.arg == "aliases")
        for text in ast.walk(node)
        if isinstance(text, ast.Constant)
    }
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            imported |= {f"{start}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and id(node) not in ignored and is_dotted(node.value):
            imported.add(node.value)
    return imported


def is_dotted(value):
    return isinstance(value, str) and "." in value and all(map(str.isidentifier, value.split(".")))


def resolve(name):
    """Return our module that defines the dotted name; None if it is not ours."""
    if name in modules():
        return name
    parent = name.rpartition(".")[0]
    # Two levels, because a string may name a method. Of a top package only `tickets` has a name.
    for owner in (parent, parent.rpartition(".")[0]):
        if owner in modules() and (owner not in PACKAGES or name == "tickets.__version__"):
            return owner
    return None


@cache
def graph():
    return {
        name: {target for target in map(resolve, names(name)) if target} - {name}
        for name in modules()
    }


@cache
def unit(name):
    """Return the folder of a module if no other folder is in it, else the module."""
    folder = name if modules()[name].is_package else name.rpartition(".")[0]
    inner = [other for other in modules() if other.startswith(f"{folder}.")]
    return name if any(modules()[other].is_package for other in inner) else folder


def edges(inside=PACKAGES):
    """Return (module, imported module) for each import between these packages."""
    return [
        (name, target)
        for name, imported in graph().items()
        for target in sorted(imported)
        if {top(name), top(target)} <= set(inside)
    ]


def cycles(graph):
    """Return the groups of modules that import each other, directly or not."""
    reachable = {name: reach(graph, name) for name in graph}
    groups = defaultdict(set)
    for name in graph:
        group = {other for other in reachable[name] if name in reachable[other]}
        if group:
            groups[min(group)] |= group
    return [sorted(group) for _, group in sorted(groups.items())]


def reach(graph, start):
    reached, waiting = set(), [start]
    while waiting:
        for name in graph.get(waiting.pop(), ()):
            if name not in reached:
                reached.add(name)
                waiting.append(name)
    return reached


@cache
def positions():
    return {name: number for number, parts in enumerate(ORDER) for name in parts}


def top(name):
    return name.partition(".")[0]


def part(name):
    """Return the part of the package that a module belongs to: "services"."""
    return [*name.split("."), "__init__"][1]


def outside_imports(parts, forbidden):
    return [
        f"{name} -> {target}"
        for name in modules()
        if top(name) == "tickets" and part(name) in parts
        for target in sorted(names(name))
        if target.startswith(forbidden)
    ]


def has_only_a_docstring(tree):
    return not tree.body or (len(tree.body) == 1 and ast.get_docstring(tree) is not None)
