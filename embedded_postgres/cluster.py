"""Create a cluster with initdb, clean up after a crash, and launch its server."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from .account import Account
from .exceptions import EmbeddedPostgresError
from .home import SOCKET_NAME
from .processes import cluster_name

SUPERUSER = "postgres"
PORT = "5432"

# The builtin provider sorts and folds case the same way on every machine, whatever its C library.
INITDB = (
    f"--username={SUPERUSER}",
    "--auth=trust",  # over a socket in a directory that only the account and root can enter
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    # One short line per error, in one file per weekday that is overwritten a week later: the log
    # neither fills the disk nor contains the text of rows.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
# Runs a command in the background, sends its output to the file named first, prints its pid.
RUN_IN_BACKGROUND = 'mkdir -p "${1%/*}"; log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'


def exists(data: Path) -> bool:
    return (data / "PG_VERSION").exists()


def create(data: Path, account: Account, bin_dir: Path) -> None:
    """Create a cluster. A crash halfway does not leave an incomplete one at `data`."""
    draft = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
    os.chown(draft, account.uid, account.gid)
    result = account.run(bin_dir / "initdb", *INITDB, "-D", draft)
    if result.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedPostgresError(
            f"Cannot create a database in {data}: {error_line(result.stderr)}"
        )
    draft.rename(data)


def launch(data: Path, account: Account, bin_dir: Path, socket_dir: Path) -> int:
    """Start the server of a cluster that has no processes. Return its pid without waiting."""
    _remove_leftovers(data, socket_dir)
    quoted = str(socket_dir).replace('"', '""')
    settings = SETTINGS | {
        "cluster_name": cluster_name(data),
        "unix_socket_directories": f'"{quoted}"',
    }
    result = account.run(
        *("/bin/sh", "-c", RUN_IN_BACKGROUND, "sh", data / "log" / "start.log"),
        *(bin_dir / "postgres", "-D", data),
        *(f"--{name}={value}" for name, value in settings.items()),
    )
    if result.stderr:
        raise EmbeddedPostgresError(f"PostgreSQL did not start: {error_line(result.stderr)}")
    return int(result.stdout)


def _remove_leftovers(data: Path, socket_dir: Path) -> None:
    for incomplete in data.parent.glob("new-*"):
        shutil.rmtree(incomplete, ignore_errors=True)
    socket = socket_dir / SOCKET_NAME
    for leftover in (data / "postmaster.pid", socket, socket.with_name(f"{SOCKET_NAME}.lock")):
        leftover.unlink(missing_ok=True)


def last_log(data: Path) -> str:
    """Return what the server has logged since its last start."""
    logs = sorted((data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
    text = logs[-1].read_text(errors="replace")[-100_000:] if logs else ""
    return text.rpartition("starting PostgreSQL")[2]


def error_line(output: str) -> str:
    """Return the first line that says what went wrong, without its time and pid."""
    lines = [line for line in output.splitlines() if line.strip()]
    serious = [line for line in lines if re.search("(ERROR|FATAL|PANIC|error):", line)]
    # "The database system is starting up" is an answer to an early client, not a cause.
    causes = [line for line in serious if "the database system is" not in line]
    line = (causes or serious or lines[-1:] or ["no error message"])[0]
    return re.sub(r"^[-\d]+ [:.\d]+ \w+ \[\d+\] ", "", line)
