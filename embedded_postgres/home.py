"""The directories of a cluster: `DATA_DIR/postgres`, or the target if that is a symbolic link."""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .account import Account
from .exceptions import EmbeddedPostgresError

FALLBACK_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  # nosec B108  # under a random name
# Operators know the directories of earlier releases by this name, in backups for example.
HOME_PREFIX = "tickets-postgres-"
SOCKET_NAME = ".s.PGSQL.5432"
MAX_SOCKET_PATH_BYTES = 103  # the limit of macOS; Linux allows 107


def ensure_home(data_dir: Path, account: Account) -> Path:
    """Return the cluster's home below `data_dir`; create it if it does not exist.

    If the account cannot enter `data_dir` (a clone below root's home, for example), create the
    home in one of `FALLBACK_PARENTS` and link to it, so that later starts use the same one.
    Raise EmbeddedPostgresError if the account cannot use the home.
    """
    path = data_dir / "postgres"
    can_enter_data_dir = account.can_enter(data_dir)
    if not os.path.lexists(path):
        if can_enter_data_dir:
            _create_home(data_dir, account).rename(path)
        else:
            path.symlink_to(_create_fallback_home(data_dir, account))
    home = path.resolve()
    if not home.exists():
        raise EmbeddedPostgresError(
            f"{path} links to {home}, which does not exist: restore it,"
            " or remove the link to start with an empty database"
        )
    if not account.can_enter(home):
        raise EmbeddedPostgresError(
            f"The account {account}, which runs PostgreSQL, cannot enter {home}:"
            " make the directories above it accessible, or set DATA_DIR to another directory"
        )
    if path.is_symlink():
        reason = f": the account {account}, which runs it, cannot enter {data_dir}"
        print(
            f"PostgreSQL keeps its data in {home}{'' if can_enter_data_dir else reason}",
            file=sys.stderr,
        )
    return home


def _create_fallback_home(data_dir: Path, account: Account) -> Path:
    for parent in FALLBACK_PARENTS:
        if os.access(parent, os.W_OK) and account.can_enter(parent):
            return _create_home(parent, account)
    raise EmbeddedPostgresError(
        f"The account {account}, which runs PostgreSQL, cannot enter {data_dir}, and neither"
        f" {' nor '.join(map(str, FALLBACK_PARENTS))} is writable:"
        " set DATA_DIR to another directory"
    )


def _create_home(parent: Path, account: Account) -> Path:
    home = Path(tempfile.mkdtemp(prefix=HOME_PREFIX, dir=parent))
    # The account only needs to pass through: the directories inside have their own permissions.
    home.chmod(0o700 if account.uid == os.geteuid() else 0o711)
    return home


def socket_dir(data: Path, name: str) -> Path:
    """Return the directory of the server's socket: `data`, or `/tmp/<name>` if libpq cannot use it.

    The length of a socket's path is limited, and libpq splits host names at commas.
    """
    path = str(data / SOCKET_NAME)
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES and path.isprintable() and "," not in path:
        return data
    return Path("/tmp", name)  # noqa: S108  # nosec B108  # its owner is checked


def ensure_private(directory: Path, account: Account) -> None:
    """Create a directory in a public location that only this account can enter.

    Raise EmbeddedPostgresError if something else already has that name.
    """
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    status = os.lstat(directory)
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        os.chown(directory, account.uid, account.gid)
    if not is_private(directory, account):
        raise EmbeddedPostgresError(
            f"{directory} is not a private directory of the account {account}:"
            " remove it, or choose a shorter DATA_DIR"
        )


def is_private(directory: Path, account: Account) -> bool:
    if not os.path.lexists(directory):
        return False
    status = os.lstat(directory)
    closed = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    return closed and status.st_uid == account.uid
