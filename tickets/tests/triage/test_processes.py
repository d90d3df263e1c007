"""Imports, forks and exits of a new process."""

import os
import subprocess
import sys
import time

SETUP = """
import sys, time
from tickets.triage import engine
TICKET = "I was charged twice for my invoice of March"
"""


def run(code, *, key="", url="", timeout=20.0, **environment):
    settings = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "only-for-this-test",
        "GEMINI_API_KEY": key,
        "GEMINI_BASE_URL": url,
        "LLM_TIMEOUT": str(timeout),
        **{name: str(value) for name, value in environment.items()},
    }
    return subprocess.run(
        [sys.executable, "-c", SETUP + code],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def test_without_a_key_the_sdk_is_never_imported():
    out = run(
        "engine.classify(TICKET); engine.suggest_title(TICKET); engine.score_sentiment(TICKET)\n"
        "engine.warm_up()\n"
        "heavy = ('google.generativeai', 'google.api_core', 'grpc', 'requests')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    assert out.strip() == "[]"


def test_warming_up_imports_the_sdk_in_the_background(fake_llm):
    out = run(
        "engine.warm_up()\n"
        "ends = time.monotonic() + 60\n"
        "while time.monotonic() < ends and 'google.generativeai.client' not in sys.modules:\n"
        "    time.sleep(0.05)\n"
        "print('google.generativeai' in sys.modules)",
        key="k",
        url=fake_llm.url,
    )
    assert out.strip() == "True"


def test_a_hanging_call_does_not_keep_the_process_from_ending(fake_llm):
    fake_llm.hang_seconds = 100
    fake_llm.control("hang")
    started = time.monotonic()
    out = run("print(engine.classify(TICKET).source)", key="k", url=fake_llm.url, timeout=0.3)
    assert out.strip() == "offline"
    assert time.monotonic() - started < 60


def test_a_child_process_opens_its_own_connections(fake_llm):
    out = run(
        "import os\n"
        "print(engine.classify(TICKET + ' one').source, flush=True)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    print(engine.classify(TICKET + ' two').source, flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "print(engine.classify(TICKET + ' three').source)",
        key="k",
        url=fake_llm.url,
    )
    assert out.split() == ["llm", "llm", "llm"]
    assert len(fake_llm.log) == 3


def test_processes_share_the_encoders_numbers(tmp_path):
    """They map the same files, and predict what a process without them predicts."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "encoder").touch()
    code = (
        "result = engine.classify(TICKET)\n"
        "print(result.category, result.priority, result.category_confidence)\n"
        "print('.array' in open('/proc/self/maps').read() if sys.platform == 'linux' else '')"
    )
    first = run(code, DATA_DIR=tmp_path)
    files = {path: path.stat().st_ino for path in (tmp_path / "encoder").iterdir()}
    assert sum(path.stat().st_size for path in files) > 70_000_000
    assert run(code, DATA_DIR=tmp_path) == first
    assert {path: path.stat().st_ino for path in (tmp_path / "encoder").iterdir()} == files
    alone = run(code, DATA_DIR=tmp_path / "blocked")
    assert alone.splitlines()[0] == first.splitlines()[0]
    if sys.platform == "linux":
        assert [text.splitlines()[1] for text in (first, alone)] == ["True", "False"]
