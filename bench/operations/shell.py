"""A shell that a reader types blocks into."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

TIMEOUT = 1800  # seconds, for a block that builds images on a busy machine
# A block ends at the first command that fails, and tells in which directory it ends.
AROUND = 'set -e -o pipefail\n{commands}\npwd >"$SHELL_DIRECTORY"\n'


class CommandFailed(Exception):
    """A command of a block failed. The words are the block's and its last output."""


@dataclass
class Shell:
    """Runs blocks in a directory, which they may change, and writes what they print to a log."""

    directory: Path
    environment: Mapping[str, str]
    replacements: Mapping[str, str]  # what the reader writes instead of the words of the page
    log: IO[bytes]
    _background: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def text(self, commands: str) -> str:
        """Return a block as the reader types it."""
        for old, new in self.replacements.items():
            commands = commands.replace(old, new)
        return commands

    def run(self, commands: str, typed: str = "") -> str:
        """Run a block and return what it printed. Raise CommandFailed."""
        text = self.text(commands)
        self._note(text)
        read, write = os.pipe()
        output = b""
        with subprocess.Popen(
            ["bash", "-c", AROUND.format(commands=text)],
            cwd=self.directory,
            env={**self.environment, "SHELL_DIRECTORY": f"/dev/fd/{write}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[write],
        ) as process:
            assert process.stdin
            assert process.stdout
            os.close(write)
            limit = threading.Timer(TIMEOUT, process.kill)
            limit.start()
            with suppress(BrokenPipeError):
                process.stdin.write(typed.encode())
                process.stdin.close()
            for line in process.stdout:
                output += line
                self.log.write(line)
                self.log.flush()
            process.wait()
            limit.cancel()
        with open(read) as ended_in:
            directory = ended_in.read().strip()
        printed = output.decode(errors="replace")
        if process.returncode:
            raise CommandFailed(f"{text}\nended with {process.returncode}:\n{printed[-3000:]}")
        self.directory = Path(directory)
        return printed

    def start(self, commands: str) -> None:
        """Run a block that does not end by itself."""
        text = self.text(commands)
        self._note(text)
        process = subprocess.Popen(
            ["bash", "-c", f"set -e\n{text}"],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self._background.append(process)

    def interrupt(self) -> None:
        """End what was started as Ctrl-C does."""
        while self._background:
            process = self._background.pop()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(120)

    def _note(self, text: str) -> None:
        self.log.write(f"\n$ {text}\n".encode())
        self.log.flush()
