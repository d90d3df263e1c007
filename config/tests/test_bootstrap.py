"""The set-up script, on copies of what it reads; the real packages are installed by `make`."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import bootstrap


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty checkout, in a path with a space, that the script takes for its own."""
    root = tmp_path / "a checkout"
    (root / ".build").mkdir(parents=True)
    monkeypatch.setattr(bootstrap, "ROOT", root)
    monkeypatch.setattr(bootstrap, "BUILD", root / ".build")
    monkeypatch.setattr(bootstrap, "PYTHON", root / ".venv" / "bin" / "python")
    return root


def test_a_stamp_changes_with_a_files_content(checkout):
    listed = checkout / "requirements.txt"
    listed.write_text("a==1")
    before = bootstrap.stamp_of([listed])
    assert bootstrap.stamp_of([listed]) == before
    listed.write_text("a==2")
    assert bootstrap.stamp_of([listed]) != before


def test_the_environment_works_in_a_path_with_a_space(checkout, capfd):
    bootstrap.make_environment()
    answer = subprocess.check_output(
        [checkout / ".venv" / "bin" / "python", "-c", "import sys; print(sys.prefix)"], text=True
    )
    assert Path(answer.strip()) == checkout / ".venv"
    assert "virtual environment" in capfd.readouterr().out


def test_an_interrupted_environment_is_made_again(checkout):
    (checkout / ".venv.new" / "half").mkdir(parents=True)
    bootstrap.make_environment()
    assert not (checkout / ".venv.new").exists()
    assert bootstrap.PYTHON.exists()


def test_installed_packages_are_not_installed_again(checkout, capfd):
    (checkout / "requirements.txt").write_text("")
    (checkout / "requirements-dev.txt").write_text("")
    bootstrap.make_environment()
    for _ in range(2):
        bootstrap.install(checkout / "requirements-dev.txt")
    # The longer list holds everything of the shorter.
    bootstrap.install(checkout / "requirements.txt")
    assert capfd.readouterr().out.count("Installing") == 1


def test_a_failed_step_is_one_clear_line():
    pretence = (
        "import os, runpy, sys; sys.version_info = (3, 9); os.environ['PATH'] = '';"
        f"runpy.run_path({bootstrap.__file__!r}, run_name='__main__')"
    )
    lines = subprocess.run([sys.executable, "-c", pretence], capture_output=True, text=True)
    assert lines.returncode == 1
    assert lines.stderr.startswith("Cannot set up: Python 3.11 or newer is needed")
    assert lines.stderr.count("\n") == 1


def test_every_version_is_pinned_and_no_list_names_a_host():
    root = Path(bootstrap.__file__).parent.parent
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (root / name).read_text().splitlines():
            package = line.split(" ")[0]
            assert "==" in package, line
            assert "//" not in line
    assert "resolved" not in (root / "package-lock.json").read_text()
