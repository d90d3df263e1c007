"""Fixtures: the current release on the database of each dump."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from .database import Contents, Database
from .desk import UpgradedDesk
from .releases import DUMPS, Dump
from .visitor import Visitor


@dataclass(frozen=True)
class Upgrade:
    """The current release, and what its database held before and after `migrate`."""

    desk: UpgradedDesk
    before: Contents
    after: Contents


@pytest.fixture(scope="session", params=DUMPS, ids=lambda dump: dump.release)
def dump(request: pytest.FixtureRequest) -> Dump:
    release: Dump = request.param
    return release


@pytest.fixture(scope="session")
def migrated(dump: Dump, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    """Restore the dump and migrate it. Nobody writes into its database from then on."""
    with Database.restored(dump.path) as database:
        # Sessions expire after two weeks, and the dump is older.
        database.query("UPDATE django_session SET expire_date = now() + interval '14 days'")
        desk = UpgradedDesk(database, dump.values["secret_key"], tmp_path_factory.mktemp("data"))
        before = database.contents()
        desk.manage("migrate", "--verbosity", "0")
        yield Upgrade(desk, before, database.contents())


@pytest.fixture(scope="module")
def upgrade(
    migrated: Upgrade, dump: Dump, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgrade]:
    """Serve a copy of the upgraded desk. The module's tests share it."""
    with migrated.desk.database.copied() as database:
        desk = UpgradedDesk(database, dump.values["secret_key"], tmp_path_factory.mktemp("data"))
        # Merges can be undone for a month, and notifications are kept as long.
        database.query("UPDATE tickets_ticketmerge SET merged_at = now()")
        database.query("UPDATE tickets_notification SET created_at = now()")
        desk.catch_up()
        with desk.served():
            yield Upgrade(desk, migrated.before, migrated.after)


@pytest.fixture
def old(dump: Dump) -> dict[str, Any]:
    """Return the values that the dump does not contain."""
    return dump.values


@pytest.fixture
def desk(upgrade: Upgrade) -> UpgradedDesk:
    return upgrade.desk


@pytest.fixture
def database(desk: UpgradedDesk) -> Database:
    return desk.database


@pytest.fixture
def api(desk: UpgradedDesk, old: dict[str, Any]) -> Visitor:
    return desk.visitor(token=old["tokens"]["usable"])


@pytest.fixture
def agent(desk: UpgradedDesk, old: dict[str, Any]) -> Visitor:
    return desk.visitor(session=old["sessions"]["agent"])
