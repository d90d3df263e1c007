"""Find and stop the processes of a cluster's server.

Pid files survive a crash and may name an unrelated process, and in a container root cannot read
another account's /proc/<pid>/cwd (no CAP_SYS_PTRACE). A command line is always readable, so each
server is started with the cluster's name, which PostgreSQL repeats in the titles of its processes.
"""

import hashlib
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

# Identifies servers that an earlier release started, so it cannot change.
NAME_PREFIX = "tickets-"


def cluster_name(data: Path) -> str:
    """Return a name that no other running server has, derived from the inode of `data`.

    Hashed to a fixed length, so that no name is the prefix of another.
    """
    status = data.stat()
    inode = f"{status.st_dev}:{status.st_ino}".encode()
    return f"{NAME_PREFIX}{hashlib.blake2s(inode, digest_size=6).hexdigest()}"


def server_processes(data: Path) -> dict[int, psutil.Process]:
    """Return the processes of the cluster's server by pid, including those left by a crash."""
    if not data.exists():
        return {}
    belongs = _process_filter(data)
    return {process.pid: process for process in psutil.process_iter() if belongs(process)}


def postmaster(data: Path) -> psutil.Process | None:
    """Return the server's first process, the parent of the others. None if it is not running."""
    likely = _process_in_pid_file(data)
    if likely and _process_filter(data)(likely) and not _has_child_title(likely):
        return likely
    processes = server_processes(data)
    for process in processes.values():
        # A child that was just forked still has its parent's command line.
        if not _has_child_title(process) and _parent_pid(process) not in processes:
            return process
    return None


def is_alive(process: psutil.Process) -> bool:
    """Return whether this very process is running, and not another one that got its pid.

    A process that is ending loses its command line first, and its sockets before it is a zombie.
    """
    try:
        return bool(
            process.is_running() and process.status() != psutil.STATUS_ZOMBIE and _title(process)
        )
    except psutil.Error:
        return False


class Watched:
    """A process whose end is noticed at the cost of one system call.

    Its open command line, which is read again, stays that of this very process: it is empty, or
    cannot be read, once the process is ending. Where there is no /proc, psutil is asked.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._title: int | None = None
        with suppress(OSError):
            self._title = os.open(f"/proc/{process.pid}/cmdline", os.O_RDONLY)
        self._is_known = is_alive(process)  # after opening: the pid may be another process's by now

    def is_alive(self) -> bool:
        if self._title is None:
            return is_alive(self._process)
        try:
            return self._is_known and bool(os.pread(self._title, 1, 0))
        except OSError:
            return False

    def __del__(self) -> None:
        if self._title is not None:
            os.close(self._title)


def is_running(pid: int) -> bool:
    try:
        return is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def shut_down(data: Path) -> None:
    """Stop the server with a "fast" shutdown, then an "immediate" one, then SIGKILL."""
    for signal_number, timeout in ((signal.SIGINT, 60), (signal.SIGQUIT, 15)):
        process = postmaster(data)
        if process is None:
            break
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal_number)
        _wait_until_gone(data, timeout)
    kill_remaining(data, grace=2)


def kill_remaining(data: Path, grace: float) -> None:
    """Kill the processes that a dead server left behind and that do not end in `grace` seconds."""
    if not _wait_until_gone(data, grace):
        for process in server_processes(data).values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _wait_until_gone(data, grace)


def _wait_until_gone(data: Path, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while server_processes(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _process_in_pid_file(data: Path) -> psutil.Process | None:
    """Return a hint that saves scanning all processes: the file may be stale or damaged."""
    try:
        return psutil.Process(int((data / "postmaster.pid").read_text().partition("\n")[0]))
    except (OSError, ValueError, OverflowError, psutil.Error):
        return None


def _process_filter(data: Path) -> Callable[[psutil.Process], bool]:
    name, owner = cluster_name(data), data.stat().st_uid

    def belongs(process: psutil.Process) -> bool:
        try:
            # Check the owner too: anybody can put the name on a command line.
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


def _parent_pid(process: psutil.Process) -> int | None:
    try:
        return int(process.ppid())
    except psutil.Error:
        return None
