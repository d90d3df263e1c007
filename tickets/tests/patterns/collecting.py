"""All regular expressions of the desk, and how each is used.

They are the compiled ones that stand in modules and classes, also in tables, and those that a
function writes where it uses them.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import bounded_postgres
import config
import embedded_postgres
import tickets

PACKAGES = (config, tickets, bounded_postgres, embedded_postgres)
METHODS = frozenset({"match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"})
ANCHORED = frozenset({"match", "fullmatch"})
# Tests write expressions that may be slow, and programs would run.
LEFT_OUT = frozenset({"tests", "migrations", "__main__", "asgi", "gunicorn"})


@dataclass
class Collected:
    """`name` says where the expression stands, `methods` how it is used."""

    name: str
    pattern: re.Pattern
    methods: set[str] = field(default_factory=set)

    @property
    def is_searched(self) -> bool:
        """Whether it is tried at each position of a text. So it is if nobody knows."""
        return not self.methods or bool(self.methods - ANCHORED)


def modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        yield package
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if LEFT_OUT.isdisjoint(info.name.split(".")):
                yield importlib.import_module(info.name)


def collect() -> tuple[list[Collected], list[str]]:
    """Return the expressions, and where one stands that is only known when it is used."""
    expressions: dict[re.Pattern, Collected] = {}  # by text and flags, not by identity
    used: dict[str, set[str]] = defaultdict(set)
    unknown: list[str] = []
    for module in modules():
        for name, pattern in _in_namespace(module):
            expressions.setdefault(pattern, Collected(name, pattern))
        for call in _calls(module):
            owner, method = call.func.value, call.func.attr
            if isinstance(owner, ast.Name) and owner.id == "re":
                position = f"{module.__name__}:{call.lineno}"
                if written := _written(call, module):
                    known = expressions.setdefault(written, Collected(position, written))
                    known.methods |= {method} & METHODS
                else:
                    unknown.append(position)
            elif method in METHODS:
                used[getattr(owner, "id", getattr(owner, "attr", ""))].add(method)
    for each in expressions.values():
        each.methods |= used.get(each.name.rpartition(".")[2], set())
    return list(expressions.values()), unknown


def _calls(module: ModuleType) -> Iterator[Any]:
    """Yield the calls of methods of an expression, and of functions of `re`."""
    assert module.__file__
    for node in ast.walk(ast.parse(Path(module.__file__).read_bytes())):
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_method and node.func.attr in METHODS | {"compile"}:  # type: ignore[attr-defined]
            yield node


def _in_namespace(module: ModuleType) -> Iterator[tuple[str, re.Pattern]]:
    for name, value in vars(module).items():
        yield from _in_value(f"{module.__name__}.{name}", value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for attribute, inner in vars(value).items():
                yield from _in_value(f"{module.__name__}.{name}.{attribute}", inner)


def _in_value(name: str, value: object) -> Iterator[tuple[str, re.Pattern]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, dict):
        for number, inner in enumerate([*value.keys(), *value.values()]):
            yield from _in_value(f"{name}[{number}]", inner)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for number, inner in enumerate(value):
            yield from _in_value(f"{name}[{number}]", inner)


def _written(call: Any, module: ModuleType) -> re.Pattern | None:
    """Return the expression of a call such as `re.sub(r"\\s+", …)`; None if a variable has it."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    flags = named.get("flags")
    if call.func.attr in ("compile", "match", "fullmatch", "search", "findall", "finditer"):
        position = 1 if call.func.attr == "compile" else 2
        flags = flags or (call.args[position] if len(call.args) > position else None)
    try:
        text = _evaluated(call.args[0], module)
        return re.compile(text, _evaluated(flags, module) if flags else 0)
    except NameError:
        return None


def _evaluated(node: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(node), module.__file__ or "", "eval"), vars(module).copy())
