"""Which processes are the server of a cluster.

Pid files outlive a crash and may name a stranger, and root cannot look into another account's
/proc/<pid>/cwd inside a container (no CAP_SYS_PTRACE). A command line can always be read, so each
server is given the cluster's name, which PostgreSQL repeats in the titles of all its processes.
"""

import hashlib
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil


def cluster_name(data: Path) -> str:
    """A name that no other living server has: the inode of its directory is in use.

    Hashed to one length, so that no name is the beginning of another.
    """
    status = data.stat()
    place = f"{status.st_dev}:{status.st_ino}".encode()
    return f"tickets-{hashlib.blake2s(place, digest_size=6).hexdigest()}"


def of_cluster(data: Path) -> dict[int, psutil.Process]:
    """Every process of the cluster's server by its pid; processes that a crash left behind too."""
    if not data.exists():
        return {}
    belongs = _recogniser(data)
    return {process.pid: process for process in psutil.process_iter() if belongs(process)}


def postmaster(data: Path) -> psutil.Process | None:
    """The server's first process, which the others come from; None where it does not run."""
    likely = _in_pid_file(data)
    if likely and _recogniser(data)(likely) and not _has_child_title(likely):
        return likely
    processes = of_cluster(data)
    for process in processes.values():
        # A child just forked still bears its parent's command line.
        if not _has_child_title(process) and _parent(process) not in processes:
            return process
    return None


def is_alive(process: psutil.Process) -> bool:
    """Whether this very process still runs, and not another that was given its pid."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def is_running(pid: int) -> bool:
    try:
        return is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def shut_down(data: Path) -> None:
    """Ask the server to end ("fast", then "immediate" shutdown), at last end it by force."""
    for kind, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 15)):
        first = postmaster(data)
        if first is None:
            break
        with suppress(psutil.NoSuchProcess):
            first.send_signal(kind)
        _wait_until_gone(data, patience)
    end_all(data, grace=2)


def end_all(data: Path, grace: float) -> None:
    """End what a killed server has left behind, unless it ends by itself within `grace` seconds."""
    if not _wait_until_gone(data, grace):
        for process in of_cluster(data).values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _wait_until_gone(data, grace)


def _wait_until_gone(data: Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while of_cluster(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _in_pid_file(data: Path) -> psutil.Process | None:
    """A hint only, which spares the look at every process: the file may be stale or damaged."""
    try:
        return psutil.Process(int((data / "postmaster.pid").read_text().partition("\n")[0]))
    except (OSError, ValueError, OverflowError, psutil.Error):
        return None


def _recogniser(data: Path) -> Callable[[psutil.Process], bool]:
    name, owner = cluster_name(data), data.stat().st_uid

    def belongs(process: psutil.Process) -> bool:
        try:
            # The owner as well, since anybody may write the name into a command line.
            return name in _title(process) and bool(process.uids().effective == owner)
        except psutil.Error:
            return False

    return belongs


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _has_child_title(process: psutil.Process) -> bool:
    return _title(process).startswith("postgres:")


def _parent(process: psutil.Process) -> int | None:
    try:
        return int(process.ppid())
    except psutil.Error:
        return None
