"""The trace of a request names the modules that it enters, and only the program's own."""

import threading

import pytest
from django.urls import resolve

from bench.walks import is_own, signed_in_client, trace, trace_walks
from tickets import exceptions
from tools.fake_llm import FakeLLM


@pytest.mark.django_db(transaction=True)
def test_each_walk_names_its_view_and_nothing_but_the_program():
    with FakeLLM() as fake:
        walks = trace_walks(signed_in_client(), fake.url)
    undo = next(modules for name, modules in walks.items() if name.startswith("Undo"))
    assert resolve("/tickets/undo/").func.__module__ in undo
    for name, modules in walks.items():
        face = "tickets.api." if "/api/" in name else "tickets.pages."
        assert any(module.startswith(face) for module in modules)
        assert {module.split(".")[0] for module in modules} <= {"config", "tickets"}
        assert len(set(modules)) == len(modules)
    offline, by_model = (modules for name, modules in walks.items() if "Suggest" in name)
    assert set(by_model) - set(offline)


def test_a_module_that_is_entered_in_a_new_thread_counts():
    def call():
        thread = threading.Thread(target=exceptions.RateLimited, args=(1,))
        thread.start()
        thread.join()

    assert trace(call) == (None, ["tickets.exceptions"])


def test_packages_tests_and_benchmarks_are_not_own():
    assert is_own(exceptions.__file__)
    assert not is_own(pytest.__file__)
    assert not is_own(__file__)
    assert not is_own("<string>")
