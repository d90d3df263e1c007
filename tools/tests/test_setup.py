"""The setup script, on a temporary checkout. The real packages are installed by `make`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup

REPOSITORY = Path(setup.__file__).parent.parent
CI = "ci --no-progress --loglevel=error"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty checkout, in a path with a space, that the script works on."""
    root = tmp_path / "a checkout"
    (root / ".build").mkdir(parents=True)
    monkeypatch.setattr(setup, "ROOT", root)
    monkeypatch.setattr(setup, "BUILD", root / ".build")
    monkeypatch.setattr(setup, "PYTHON", root / ".venv" / "bin" / "python")
    return root


def write_lists(checkout):
    (checkout / "requirements").mkdir()
    for name in ("requirements.txt", "requirements/desk.txt", "requirements/dev.txt"):
        (checkout / name).write_text("")


def test_a_digest_changes_with_a_files_content(checkout):
    requirements = checkout / "requirements.txt"
    requirements.write_text("a==1")
    before = setup.digest_of([requirements])
    assert setup.digest_of([requirements]) == before
    requirements.write_text("a==2")
    assert setup.digest_of([requirements]) != before


def test_the_environment_works_in_a_path_with_a_space(checkout, capfd):
    setup.create_environment()
    prefix = subprocess.check_output(
        [checkout / ".venv" / "bin" / "python", "-c", "import sys; print(sys.prefix)"], text=True
    )
    assert Path(prefix.strip()) == checkout / ".venv"
    assert "virtual environment" in capfd.readouterr().out


def test_an_interrupted_environment_is_created_again(checkout):
    (checkout / ".venv.new" / "half").mkdir(parents=True)
    setup.create_environment()
    assert not (checkout / ".venv.new").exists()
    assert setup.PYTHON.exists()


def test_installed_packages_are_not_installed_again(checkout, capfd):
    write_lists(checkout)
    setup.create_environment()
    for _ in range(2):
        setup.install(checkout / "requirements" / "dev.txt")
    # The longer list includes the shorter one.
    setup.install(checkout / "requirements.txt")
    assert capfd.readouterr().out.count("Installing") == 1


def test_a_deleted_environment_gets_its_packages_again(checkout, capfd):
    write_lists(checkout)
    for _ in range(2):
        setup.create_environment()
        setup.install(checkout / "requirements.txt")
        shutil.rmtree(checkout / ".venv")
    assert capfd.readouterr().out.count("Installing") == 2


def test_a_failed_step_is_reported_in_one_line():
    code = (
        "import os, runpy, sys; sys.version_info = (3, 9); os.environ['PATH'] = '';"
        f"runpy.run_path({setup.__file__!r}, run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Cannot set up: Python 3.11 or newer is needed")
    assert result.stderr.count("\n") == 1


LISTS = sorted((REPOSITORY / "requirements").glob("*.txt"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_version_is_pinned_by_hash_and_no_list_names_a_host(path):
    content = path.read_text()
    assert "//" not in content
    entries = re.split(r"^(?=[^\s#])", content, flags=re.MULTILINE)[1:]
    assert len(entries) >= 3
    for entry in entries:
        assert re.match(r"[\w.-]+(?:\[[\w, -]+\])?==\S+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_file_of_npm_names_no_host():
    assert "resolved" not in (REPOSITORY / "package-lock.json").read_text()


def pins(name):
    """Return the pins of a list: names with versions, without the markers of systems."""
    content = (REPOSITORY / "requirements" / name).read_text()
    return set(re.findall(r"^[\w.-]+(?:\[[^\]]*\])?==\S+", content, re.MULTILINE))


def test_the_lists_agree_and_none_repeats_another():
    desk, embedded, sdk = pins("desk.txt"), pins("embedded.txt"), pins("google-generativeai.txt")
    assert desk | embedded | sdk <= pins("dev.txt")
    assert not desk & embedded | desk & sdk | embedded & sdk


def test_one_list_has_all_that_the_desk_can_use():
    content = (REPOSITORY / "requirements.txt").read_text()
    included = set(re.findall(r"^-r requirements/(\S+)$", content, re.MULTILINE))
    assert included == {"desk.txt", "embedded.txt", "google-generativeai.txt"}
    assert not re.search("^[^-#\n]", content, re.MULTILINE)


def test_only_its_own_list_has_anything_of_the_ended_sdk():
    """What it pulls in: GEMINI_BACKEND=rest needs none of it."""
    sdk = {pin.partition("==")[0] for pin in pins("google-generativeai.txt")}
    assert {"google-generativeai", "grpcio", "protobuf"} <= sdk
    for name in ("desk.txt", "embedded.txt"):
        assert not {pin for pin in pins(name) if "google" in pin or "grpc" in pin}


@pytest.fixture
def npm_calls(checkout, tmp_path, monkeypatch):
    """Put programs npm and node on the PATH that only log their calls; return the log's reader."""
    programs, calls = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    for name, script in {"npm": f'echo "$@" >> {calls}', "node": "echo v22.22.0"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    for name in ("package.json", "package-lock.json"):
        (checkout / name).write_text("{}")
    (checkout / "node_modules").mkdir()
    calls.touch()
    return lambda: [line for line in calls.read_text().splitlines() if line.startswith("ci")]


def test_running_the_program_installs_only_what_its_pages_load(npm_calls):
    for _ in range(2):
        setup.install_front_end("run")
    assert npm_calls() == [f"{CI} --omit=dev"]


def test_the_tools_are_installed_once_and_stay(npm_calls):
    setup.install_front_end("run")
    setup.install_front_end("dev")
    setup.install_front_end("ui")
    setup.install_front_end("run")
    setup.install_front_end("ui")
    assert npm_calls() == [f"{CI} --omit=dev", CI]


def test_a_changed_list_of_packages_is_installed_again(npm_calls, checkout):
    setup.install_front_end("ui")
    (checkout / "package-lock.json").write_text('{"other": 1}')
    setup.install_front_end("run")
    assert npm_calls() == [CI, f"{CI} --omit=dev"]


def test_a_node_that_does_not_work_has_no_version(npm_calls, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert setup.node_version(str(broken)) == ()
    assert setup.node_version(None) == ()
    assert setup.node_version(str(tmp_path / "programs" / "node")) == (22, 22, 0)
