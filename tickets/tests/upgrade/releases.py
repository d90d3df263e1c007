"""What the migrations of each release change, and what the dump of each release holds.

A release that adds columns to a table gets a line in CHANGES, which serves all dumps:

    "0.3": Changes(new_columns={"tickets_ticket": {"product"}}),

The test fails if a table or column is added but not declared here, or the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from .database import Rows

HERE = Path(__file__).parent
SENTIMENT = {"tone_source": "sentiment_source", "tone_confidence": "sentiment_confidence"}


@dataclass(frozen=True)
class Changes:
    """What the migrations of one release change. Old names lead to new ones.

    Columns are keyed by the name that their table has after the migrations. A renamed model
    also renames its content type and its permissions.
    """

    renamed_models: Mapping[str, str] = field(default_factory=dict)
    renamed_tables: Mapping[str, str] = field(default_factory=dict)
    renamed_columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    new_tables: frozenset[str] = frozenset()
    new_columns: Mapping[str, set[str]] = field(default_factory=dict)
    dropped_columns: Mapping[str, set[str]] = field(default_factory=dict)

    def table(self, name: str) -> str:
        return self.renamed_tables.get(name, name)

    def columns(self, table: str, names: set[str]) -> set[str]:
        """Return the columns after the migrations. `table` is the new name."""
        renamed = self.renamed_columns.get(table, {})
        columns = {renamed.get(name, name) for name in names} - self.dropped_columns.get(
            table, set()
        )
        return columns | self.new_columns.get(table, set())

    def rows(self, table: str, rows: Rows) -> Rows:
        """Return the rows under the new names, without the new and the dropped columns."""
        renamed = self.renamed_columns.get(table, {})
        dropped = self.dropped_columns.get(table, set())
        return [
            {renamed.get(name, name): value for name, value in row.items() if name not in dropped}
            for row in rows
        ]

    def name(self, text: str) -> str:
        """Return the new name of a content type ("lesson") or a permission ("view_lesson")."""
        action, separator, model = text.rpartition("_")
        return f"{action}{separator}{self.renamed_models.get(model, model)}"


CHANGES = {
    "0.2": Changes(
        renamed_models={"lesson": "feedback"},
        renamed_tables={"tickets_lesson": "tickets_feedback"},
        renamed_columns={
            "tickets_feedback": {"at": "decided_at"},
            "tickets_ticket": SENTIMENT,
            "tickets_ticketevent": SENTIMENT,
            "tickets_triagemodel": {"lessons": "feedback_count"},
        },
    ),
    "0.3": Changes(
        new_tables=frozenset(
            {
                *("tickets_agentprofile", "tickets_notification", "tickets_pendingreply"),
                *("tickets_savedreply", "tickets_ticketread"),
                *("tickets_ticketmerge", "tickets_ticketlink"),
                *("tickets_blockedaddress", "tickets_blockedaddressevent"),
            }
        ),
        new_columns={
            "tickets_comment": {"origin_id", "is_opening", "split_into_id"},
            "tickets_ticket": {
                *("waiting_since", "last_activity_at", "snoozed_until"),
                *("merged_into_id", "spam", "language"),
            },
            "tickets_ticketevent": {"waiting_since", "snoozed_until", "spam"},
            "tickets_email": {"confirmed_at", "recipient_id"},
        },
    ),
    "0.4": Changes(
        new_tables=frozenset(
            {
                *("tickets_mailbox", "tickets_mailboxfetch", "tickets_inboundmessage"),
                *("tickets_participant", "tickets_participantevent", "tickets_bouncedaddress"),
                *("tickets_storedfile", "tickets_attachment", "tickets_attachmentevent"),
            }
        ),
        new_columns={
            "tickets_email": {"participant_id", "message_id", "bounced_at", "bounce_kind"},
        },
    ),
    "0.5": Changes(
        new_tables=frozenset({"tickets_ticketvector", "tickets_ticketmatch"}),
        new_columns={
            "tickets_feedback": {"prior_value", "learned_value", "confidence"},
            "tickets_prediction": {"like_ticket", "claimed"},
        },
        dropped_columns={"tickets_triagemodel": {"data", "stale"}},
    ),
    "0.6": Changes(
        new_tables=frozenset(
            {
                *("tickets_ticketdocument", "tickets_backfill"),
                *("tickets_countchange", "tickets_ticketcount", "tickets_countedzone"),
                *("tickets_periodcount", "tickets_periodduration"),
                *("tickets_triagecount", "tickets_triagechange", "tickets_triagezone"),
                *("tickets_erasure", "tickets_signin", "tickets_erasedaddress"),
                *("tickets_secondfactor", "tickets_recoverycode", "tickets_provideridentity"),
            }
        ),
        new_columns={"tickets_participant": {"is_vouched"}},
        dropped_columns={"tickets_ticket": {"document"}},
    ),
}


@dataclass(frozen=True)
class Dump:
    """A database that a release has filled, and the values that it does not contain."""

    release: str
    last_migration: str
    tasks: frozenset[str]  # of its queued jobs
    emails: Mapping[str, int]  # its emails by state, once the queued jobs have run

    @property
    def path(self) -> Path:
        return self._path("sql.gz")

    @cached_property
    def values(self) -> dict[str, Any]:
        """Return what release_*.json holds: passwords, cookies, tokens, answers of the API."""
        values: dict[str, Any] = json.loads(self._path("json").read_text(encoding="utf-8"))
        return values

    @property
    def changes(self) -> list[Changes]:
        """Return what the later releases change, oldest first."""
        return [
            changes
            for release, changes in CHANGES.items()
            if _version(release) > _version(self.release)
        ]

    def new_columns(self, columns: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Return the columns after all migrations, by table. Leave out the tables that are new."""
        after = dict(columns)
        for changes in self.changes:
            after = {
                changes.table(table): changes.columns(changes.table(table), names)
                for table, names in after.items()
            }
        return after

    def new_tables(self) -> set[str]:
        tables: set[str] = set()
        for changes in self.changes:
            tables = {changes.table(table) for table in tables} | changes.new_tables
        return tables

    def new_rows(self, rows: Mapping[str, Rows]) -> dict[str, Rows]:
        """Return the same rows under the current names, by table."""
        after = dict(rows)
        for changes in self.changes:
            after = {
                changes.table(table): changes.rows(changes.table(table), rows)
                for table, rows in after.items()
            }
        return after

    def lost_columns(self, table: str) -> set[str]:
        """Return the columns whose values no reversal brings back. `table` is the old name."""
        lost: set[str] = set()
        for changes in self.changes:
            table = changes.table(table)
            lost |= changes.dropped_columns.get(table, set())
        return lost

    def new_name(self, text: str) -> str:
        """Return the current name of a content type or a permission."""
        for changes in self.changes:
            text = changes.name(text)
        return text

    def _path(self, suffix: str) -> Path:
        return HERE / f"release_{self.release.replace('.', '_')}.{suffix}"


def _version(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


# The newest first: pytest runs the tests of one database together if a dump has the same position
# in `holding(...)` as here.
DUMPS = [
    Dump(
        "0.5",
        last_migration="0028_claims",
        tasks=frozenset(
            f"tickets.services.{name}"
            for name in (
                *("triage.assessment.triage_ticket", "triage.assessment.shadow_triage"),
                *("triage.assessment.encode_ticket", "triage.similar.match_lacking"),
                *("triage.feedback.learn", "triage.feedback.retrain"),
                *("mail.delivery.send_email", "private_links.send_links", "replies.send_reply"),
                *("mail.notifications.tell_agents", "mail.notifications.send_digests"),
                *("mail.incoming.handling.handle_message", "attachments.processing.scan_waiting"),
                *("mail.incoming.handling.handle_leftovers",),
                *("attachments.deletion.remove_orphan_files",),
                *("leavers.find_leavers", "leavers.hand_over_tickets"),
                *("housekeeping.purge", "housekeeping.retry_stalled"),
            )
        ),
        emails={"sent": 144, "uncertain": 2, "failed": 2, "dropped": 6, "bounced": 1},
    ),
    Dump(
        "0.4",
        last_migration="0024_attachment_events",
        tasks=frozenset(
            f"tickets.services.{name}"
            for name in (
                *("triage.assessment.triage_ticket", "triage.assessment.shadow_triage"),
                *("triage.feedback.learn", "triage.feedback.retrain"),
                *("mail.delivery.send_email", "private_links.send_links", "replies.send_reply"),
                *("mail.notifications.tell_agents", "mail.notifications.send_digests"),
                *("mail.incoming.handling.handle_message", "attachments.processing.scan_waiting"),
                *("mail.incoming.handling.handle_leftovers",),
                *("attachments.deletion.remove_orphan_files",),
                *("leavers.find_leavers", "leavers.hand_over_tickets"),
                *("housekeeping.purge", "housekeeping.retry_stalled"),
            )
        ),
        emails={"sent": 132, "uncertain": 2, "failed": 2, "dropped": 6, "bounced": 1},
    ),
    Dump(
        "0.3",
        last_migration="0019_language",
        tasks=frozenset(
            f"tickets.services.{name}"
            for name in (
                *("triage.assessment.triage_ticket", "triage.assessment.shadow_triage"),
                *("triage.feedback.learn", "triage.feedback.retrain"),
                *("mail.delivery.send_email", "private_links.send_links", "replies.send_reply"),
                *("mail.notifications.tell_agents", "mail.notifications.send_digests"),
                *("leavers.find_leavers", "leavers.hand_over_tickets"),
                *("housekeeping.purge", "housekeeping.retry_stalled"),
            )
        ),
        emails={"sent": 124, "uncertain": 2, "failed": 2, "dropped": 6},
    ),
    Dump(
        "0.2",
        last_migration="0008_plain_words",
        tasks=frozenset(
            f"tickets.services.{name}"
            for name in (
                *("triage.assessment.triage_ticket", "triage.assessment.shadow_triage"),
                *("triage.feedback.learn", "triage.feedback.retrain"),
                *("mail.delivery.send_email", "housekeeping.purge", "housekeeping.retry_stalled"),
            )
        ),
        emails={"sent": 62, "uncertain": 2, "failed": 2, "dropped": 4},
    ),
    Dump(
        "0.1",
        last_migration="0007_review_index",
        tasks=frozenset(
            f"tickets.tasks.{name}"
            for name in (
                *("triage_ticket", "shadow_triage", "learn", "refit"),
                *("send_email", "purge", "retry_stalled"),
            )
        ),
        emails={"sent": 42, "uncertain": 2, "failed": 2, "dropped": 2},
    ),
]


def holding(key: str) -> Callable[[Any], Any]:
    """Run a test on the dumps whose values have this key."""
    return pytest.mark.parametrize(
        "dump",
        [dump for dump in DUMPS if key in dump.values],
        indirect=True,
        ids=lambda dump: dump.release,
        scope="session",
    )
