"""Follow docs/operations.md: `make follow-operations`, or with ARGS="--compose 1".

What is committed is followed, with Docker's own images of this machine or its registry's. It needs
ports 80, 443, 587 and 993, Dovecot, curl and unzip, and replaces the image `support-desk`.
"""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .page import PAGE, differences, read_blocks
from .shell import CommandFailed
from .steps import STEPS
from .tour import COMPOSE, MACHINES, PORTS, Tour, touring


def main() -> None:
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # and clean up
    blocks = read_blocks(PAGE.read_text())
    if wrong := differences(blocks, [step.key for step in STEPS]):
        sys.exit("\n".join(wrong))
    for port in PORTS:
        check_free(port)
    with tempfile.TemporaryDirectory(
        prefix="follow-operations-", ignore_cleanup_errors=True
    ) as directory:
        home, started = Path(directory), time.monotonic()
        home.chmod(0o711)  # if we are root, the embedded database's account must pass through
        with options.log.open("wb") as log, touring(home, options.compose, log) as tour:
            try:
                follow(tour, {block.key: block.commands for block in blocks}, options.machines)
            except (AssertionError, CommandFailed, TimeoutError) as error:
                sys.exit(f"{error}\n\nEverything that was printed: {options.log}")
        minutes = (time.monotonic() - started) / 60
    count = sum(step.machine in options.machines for step in STEPS)
    print(
        f"\n{count} of {len(blocks)} blocks were followed, in {minutes:.1f} minutes,"
        f" with {versions(options.compose)}."
    )


def follow(tour: Tour, commands: dict[object, str], machines: list[str]) -> None:
    """Run the blocks in the order of the steps, and leave a machine when the next one comes."""
    steps = [step for step in STEPS if step.machine in machines]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        started = time.monotonic()
        print(f"{step.machine:<10}{step.heading} ({step.number})", end=" ", flush=True)
        shell = tour.shells[step.machine]
        step.prepare(tour)
        if step.stays:
            shell.start(commands[step.key])
            output = ""
        else:
            output = shell.run(commands[step.key], step.typed(tour))
        step.look(tour, output)
        print(f"{time.monotonic() - started:.0f} s", flush=True)
        if following is None or following.machine != step.machine:
            tour.leave(step.machine)


def check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            sys.exit(f"Port {port} is needed: {error}.")


def versions(compose: int) -> str:
    """Return which Docker and Compose it was."""
    texts = []
    for command in ("docker version --format {{.Server.Version}}", f"{COMPOSE[compose]} version"):
        finished = subprocess.run(command.split(), check=True, capture_output=True, text=True)
        texts.append(finished.stdout.splitlines()[0])
    return f"Docker {texts[0]} and {texts[1]}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make follow-operations", description=__doc__)
    parser.add_argument("--compose", type=int, choices=COMPOSE, default=2, help="its version")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir(), "operations.log"))
    parser.add_argument(
        "--machines",
        nargs="+",
        choices=MACHINES,
        default=list(MACHINES),
        help="follow what is typed on these only; elsewhere needs desk",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
