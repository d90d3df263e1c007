"""Which step runs which block of docs/operations.md, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import looks
from .page import Key
from .tour import Tour

Look = Callable[[Tour, str], None]


def nothing(_tour: Tour, _output: str) -> None:
    """See only that no command failed."""


@dataclass(frozen=True)
class Step:
    heading: str
    number: int
    machine: str
    look: Look = nothing  # after the block, with what it printed
    prepare: Callable[[Tour], None] = lambda _tour: None
    typed: Callable[[Tour], str] = lambda _tour: ""
    stays: bool = False  # the block does not end by itself

    @property
    def key(self) -> Key:
        return Key(self.heading, self.number)


STEPS = (
    # A desk of the last release becomes one of this.
    Step("8. Upgrade", 1, "earlier", looks.old_backup, looks.start_last_release),
    Step("8. Upgrade", 2, "earlier", looks.upgraded, looks.publish_this_release),
    Step("8. Upgrade", 3, "earlier", looks.tickets_of_the_last_release),
    # From nothing to published.
    Step("1. Get the code", 1, "desk", looks.private_directory, looks.publish_this_release),
    Step("2. Write the settings", 1, "desk", looks.private_settings),
    Step("3. Start it", 1, "desk", looks.started),
    Step("4. Get a certificate", 1, "desk", looks.certified),
    Step("4. Get a certificate", 2, "desk", looks.certified),
    Step("4. Get a certificate", 3, "desk", looks.published),
    Step("5. Mail out and in", 1, "desk"),
    Step("5. Mail out and in", 2, "desk", prepare=looks.bring_authority),
    Step("5. Mail out and in", 3, "desk", looks.mail_both_ways),
    Step("6. Ask the doctor", 1, "desk", looks.healthy),
    Step("The doctor", 1, "desk", looks.healthy_as_json),
    Step("7. Back it up", 1, "desk", looks.backed_up),
    Step("7. Back it up", 2, "desk", looks.backed_up_every_night),
    Step("Backup", 1, "desk", looks.manifest),
    Step("Accounts and tokens", 1, "desk"),
    Step("Accounts and tokens", 2, "desk", looks.token_opens_the_api),
    Step("At 3 a.m.", 1, "desk", looks.answers),
    Step("At 3 a.m.", 2, "desk", looks.line_of_the_request, typed=looks.id_of_a_request),
    Step("At 3 a.m.", 3, "desk", looks.rows),
    Step("At 3 a.m.", 4, "desk", looks.secret_key),
    Step("The roles of the database", 1, "desk", looks.rows),
    Step("Jobs", 1, "desk"),
    Step("Personal data", 1, "desk"),
    Step("Personal data", 2, "desk"),
    Step("Docker Compose", 1, "desk", looks.answers),
    Step("Docker Compose", 2, "desk", looks.answers),
    Step("9. Restore it, here or elsewhere", 1, "desk", looks.restored_here, looks.write_too_late),
    Step("9. Restore it, here or elsewhere", 2, "desk"),
    Step(
        "9. Restore it, here or elsewhere", 3, "elsewhere", looks.restored, looks.carry_the_archive
    ),
    Step("Without Docker", 1, "plain", looks.runs, looks.clone, stays=True),
    Step("Without Docker", 2, "plain", looks.backed_up),
    Step("Without Docker", 3, "plain", looks.same_rows, looks.press_ctrl_c),
    Step("Without Docker", 4, "plain", looks.runs, stays=True),
)
