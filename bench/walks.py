"""Print our modules that a request passes through: `make bench ARGS="walks"`.

Send each request to the program with Django's test client, in a temporary database, and record
every module of this repository in which a function is called. Print the modules of each walk in
the order of their first call. Triage answers offline, except in the walk that asks a fake model.

Each request is sent twice and only the second one is printed, so that imports and caches that are
filled by the first request do not count.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.contrib.auth.models import User
from django.test import Client, override_settings

from tools.fake_llm import FakeLLM

from .harness import sample_database

ROOT = Path(__file__).resolve().parent.parent
# In the checkout, but not part of the program, or below it, like the database's driver.
BACKENDS = {"bounded_postgres", "embedded_postgres"}
EXCLUDED = {".venv", ".build", "node_modules", "bench", "tests", "tools", "migrations", *BACKENDS}
TEXT = "I was charged twice this month and need the money back."
# Used as an ordered set. Threads that outlive a trace continue to write to it.
_entered: dict[str, None] = {}


def main() -> None:
    # One server for both rounds: another address would be another model, to be connected anew.
    with FakeLLM() as fake, sample_database(10), override_settings(LLM_ENABLED=False):
        client = signed_in_client()
        trace_walks(client, fake.url)
        for name, modules in trace_walks(client, fake.url).items():
            print(f"{name}: {len(modules)} modules")
            for module in modules:
                print(f"    {module}")
            print()


def signed_in_client() -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    user = User.objects.create_superuser("walker")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def trace_walks(client: Client, model_url: str) -> dict[str, list[str]]:
    """Return the modules of each walk: {name: modules in the order of their first call}.

    The client must be signed in as an agent. `model_url` is the address of a FakeLLM.
    """
    walks: dict[str, list[str]] = {}

    def send(name: str, request: Callable[[], Any]) -> Any:
        response, walks[name] = trace(request)
        if response.status_code >= 400:
            raise RuntimeError(f"{name} returned {response.status_code}.")
        return response

    json: dict[str, Any] = {"content_type": "application/json"}
    ticket = {"title": "Charged twice", "description": TEXT}
    created = send(
        "Create by JSON (POST /api/tickets/)", lambda: client.post("/api/tickets/", ticket, **json)
    ).json()
    form = {**ticket, "form_key": f"walk {created['id']}"}
    send("Create by page (POST /)", lambda: client.post("/", form))
    path = f"/api/tickets/{created['id']}/"
    changed = send(
        "Change (PATCH /api/tickets/<id>/)",
        lambda: client.patch(path, {"status": "in_progress", "priority": "low"}, **json),
    ).json()
    # A text that is not in the cache of replies.
    question = {"description": f"{TEXT} My order is {created['id']}."}

    def suggest() -> Any:
        return client.post("/api/tickets/classify/", question, **json)

    send("Suggest while typing, offline (POST /api/tickets/classify/)", suggest)
    with override_settings(**model_settings(model_url)):
        send("Suggest while typing, by a model (POST /api/tickets/classify/)", suggest)
    change = {"changes": f"{changed['id']}:{changed['version']}"}
    send(
        "Undo (POST /tickets/undo/)",
        lambda: client.post("/tickets/undo/", change, headers={"HX-Request": "true"}),
    )
    return walks


def model_settings(url: str) -> dict[str, Any]:
    """Return the settings that make triage call the model at this address."""
    return {
        "LLM_ENABLED": True,
        "LLM_PROVIDER": "gemini",
        "LLM_TIMEOUT": 60.0,  # the first call imports the provider's package
        "GEMINI_API_KEY": "bench",
        "GEMINI_BASE_URL": url,
    }


def trace(call: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return the call's result and our modules that it enters.

    Includes threads that were started in this trace or in an earlier one.
    """
    _entered.clear()
    threading.setprofile(_profile)
    sys.setprofile(_profile)
    try:
        result = call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return result, list(_entered)


def _profile(frame: FrameType, event: str, _argument: object) -> None:
    code = frame.f_code
    if event == "call" and code.co_name != "<module>" and is_own(code.co_filename):
        _entered.setdefault(frame.f_globals["__name__"])


@functools.cache
def is_own(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and EXCLUDED.isdisjoint(path.relative_to(ROOT).parts)
