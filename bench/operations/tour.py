"""What the steps share: the shells, the visitor, the mail server, and what was noted on the way."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bench.ui.desk import ROOT, free_port
from config.environment.declarations.sections import SETTINGS

from .authority import Authority
from .mail import MailServer, running_mail_server
from .shell import CommandFailed, Shell
from .visitor import Visitor

# A name that this machine has in containers. Outside of them, curl is told where it leads.
NAME = "host.docker.internal"
DESK = f"https://{NAME}"
MACHINES = ("earlier", "desk", "elsewhere", "plain")
COMPOSE = {1: "docker-compose", 2: "docker compose"}
PORTS = (80, 443, 587, 993)
CERTBOT = """\
#!/bin/sh
PYTHONPATH={root} exec {python} -P -m bench.operations.certbot {state} "$@"
"""
CRONTAB = """\
#!/bin/sh
if [ "$1" = -l ]; then cat {state}/crontab; else cat > {state}/crontab; fi
"""


@dataclass
class Tour:
    home: Path
    visitor: Visitor
    mail: MailServer
    authority: Authority
    origin: Path  # the repository that the page clones
    port: int  # of desks that are not published
    release: str  # the commit that is followed
    shells: dict[str, Shell] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)  # of tickets, by what was written
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def here(self) -> str:
        """The address of a desk that is not published."""
        return f"http://127.0.0.1:{self.port}"

    def publish(self, commit: str) -> None:
        """Make a commit the newest of the repository."""
        git("push", "--quiet", str(self.origin), f"{commit}:refs/heads/main")

    def ask_for_help(self, url: str, text: str, *fields: str) -> None:
        """Send a ticket by the form, and keep its private link."""
        page = self.visitor.send(f"{url}/", f"description={text}", *fields)
        expect(page.status == 200 and "/t/" in page.url, f"the form led to {page}")
        expect(text in page.text, f"the private page does not show {text!r}")
        self.links[text] = page.url

    def expect_tickets(self, *texts: str) -> None:
        """Open the private page of each."""
        for text in texts:
            page = self.visitor.get(self.links[text])
            expect(page.status == 200 and text in page.text, f"no ticket {text!r}: {page}")

    def leave(self, machine: str) -> None:
        """End what runs on a machine, and delete its volumes: the machine is gone."""
        shell = self.shells[machine]
        shell.interrupt()
        if (shell.directory / "docker-compose.yml").exists() and machine != "plain":
            with suppress(CommandFailed):
                shell.run("docker compose down --volumes --remove-orphans")
                # A network of the earlier release, which the files of this one do not name.
                shell.run(
                    "docker network prune --force"
                    ' --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"'
                )


def git(*arguments: str) -> str:
    """Run git in this repository and return what it prints."""
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def expect(is_so: object, otherwise: str) -> None:
    """Raise AssertionError, also where assertions are switched off."""
    if not is_so:
        raise AssertionError(otherwise)


@contextmanager
def touring(home: Path, compose: int, log: IO[bytes]) -> Iterator[Tour]:
    """Prepare the stand-ins and a shell for each machine; leave all machines at the end."""
    state, programs = home / "state", home / "programs"
    programs.mkdir()
    authority = Authority(state)
    origin = home / "desk.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", origin], check=True)
    release = git("rev-parse", "HEAD")
    environment = _environment(home, programs)
    visitor = Visitor(environment, home)
    with ExitStack() as stack:
        mail = stack.enter_context(running_mail_server(authority, NAME, home))
        tour = Tour(home, visitor, mail, authority, origin, free_port(), release)
        replacements = {
            "https://git.example.org/desk.git": str(origin),
            "desk.example.org": NAME,
            "mail.example.org": NAME,
            COMPOSE[2]: COMPOSE[compose],
        }
        for machine in MACHINES:
            directory = home / machine
            directory.mkdir()
            project = {"COMPOSE_PROJECT_NAME": f"operations{os.getpid()}{machine}"}
            port = {"PORT": str(tour.port)} if machine == "plain" else {}
            tour.shells[machine] = Shell(
                directory, {**environment, **project, **port}, replacements, log
            )
            stack.callback(tour.leave, machine)
        yield tour


def _environment(home: Path, programs: Path) -> dict[str, str]:
    """Return that of the shells: no setting of this machine's own desk, and our programs first."""
    settings = {name for each in SETTINGS for name in (each.name, each.file_name) if name}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in settings and not name.startswith("COMPOSE_")
    }
    state = home / "state"
    python = ROOT / ".venv" / "bin" / "python"
    values = {"root": ROOT, "python": python, "state": state}
    for name, text in {"certbot": CERTBOT, "crontab": CRONTAB}.items():
        (programs / name).write_text(text.format(**values))
        (programs / name).chmod(0o755)
    (home / ".curlrc").write_text(
        f'resolve = "{NAME}:443:127.0.0.1"\n'
        f'resolve = "{NAME}:80:127.0.0.1"\n'
        f'cacert = "{state}/authority.pem"\n'
        'noproxy = "*"\n'
    )
    path = f"{programs}:{os.environ['PATH']}"
    return {**inherited, "PATH": path, "CURL_HOME": str(home)}


def new_password() -> str:
    return secrets.token_urlsafe(24)


def read_settings(directory: Path) -> Mapping[str, str]:
    """Return the variables of an `.env`."""
    lines = (directory / ".env").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}
