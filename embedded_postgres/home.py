"""Where a cluster lives: `DATA_DIR/postgres`, or a place that this is a symbolic link to."""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .account import Account
from .exceptions import EmbeddedPostgresError

ELSEWHERE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  (under a random name)
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS


def find_or_make(data_dir: Path, account: Account) -> Path:
    """The home below `data_dir`, made where it is missing, that the account can enter.

    Where `data_dir` is closed to the account (a clone below root's home), the home is made in
    `ELSEWHERE` and linked, so the link carries the decision to every later start.
    """
    home = data_dir / "postgres"
    near = account.can_enter(data_dir)
    if not os.path.lexists(home) and near:
        _make_in(data_dir, account).rename(home)
    elif not os.path.lexists(home):
        home.symlink_to(_make_elsewhere(data_dir, account))
    place = home.resolve()
    if not place.exists():
        raise EmbeddedPostgresError(
            f"{home} links to {place}, which is gone: bring it back,"
            " or remove the link to begin with an empty database"
        )
    if not account.can_enter(place):
        raise EmbeddedPostgresError(
            f"The account {account}, which runs PostgreSQL, cannot enter {place}:"
            " open the directories above it, or set DATA_DIR to another directory"
        )
    if home.is_symlink():
        reason = "" if near else f": the account {account}, which runs it, cannot enter {data_dir}"
        print(f"PostgreSQL keeps its data in {place}{reason}", file=sys.stderr)
    return place


def _make_elsewhere(data_dir: Path, account: Account) -> Path:
    for parent in ELSEWHERE:
        if os.access(parent, os.W_OK) and account.can_enter(parent):
            return _make_in(parent, account)
    raise EmbeddedPostgresError(
        f"The account {account}, which runs PostgreSQL, cannot enter {data_dir}, and neither"
        f" {' nor '.join(map(str, ELSEWHERE))} can be written: set DATA_DIR to another directory"
    )


def _make_in(parent: Path, account: Account) -> Path:
    place = Path(tempfile.mkdtemp(prefix="tickets-postgres-", dir=parent))
    # Passing through is enough for the account: what lies inside has permissions of its own.
    place.chmod(0o700 if account.uid == os.geteuid() else 0o711)
    return place


def socket_dir(data: Path, name: str) -> Path:
    """The directory of the server's socket: `data`, or `/tmp/<name>` where libpq cannot use it.

    A socket's path is limited in length, and libpq takes a comma for the end of a host's name.
    """
    path = str(data / SOCKET_NAME)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and path.isprintable() and "," not in path:
        return data
    return Path("/tmp", name)  # noqa: S108  (its owner is checked)


def make_private(directory: Path, account: Account) -> None:
    """Make a directory in a public place for this account alone.

    Raises EmbeddedPostgresError where somebody else has made it first.
    """
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    status = os.lstat(directory)
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        os.chown(directory, account.uid, account.gid)
    if not is_private(directory, account):
        raise EmbeddedPostgresError(
            f"{directory} belongs to somebody else: remove it, or choose a shorter DATA_DIR"
        )


def is_private(directory: Path, account: Account) -> bool:
    if not os.path.lexists(directory):
        return False
    status = os.lstat(directory)
    closed = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    return closed and status.st_uid == account.uid
