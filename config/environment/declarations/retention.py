"""How long the desk stores what people wrote."""

from ..setting import Section, Setting, integer

RETENTION = Section(
    "Retention",
    (
        Setting(
            "RETENTION_CLOSED_DAYS",
            integer,
            0,
            "Erase what tickets say, with files and mail, so many days after they were resolved or"
            " closed. Numbers, times and statistics stay. Nobody can undo it.",
            minimum=0,
            default_note="`0`: never",
            in_readme=True,
        ),
        Setting(
            "RETENTION_MAIL_DAYS",
            integer,
            0,
            "Delete the original of a message so many days after it came by mail. What it says"
            " stays on its ticket.",
            minimum=0,
            default_note="`0`: never",
        ),
        Setting(
            "RETENTION_AUDIT_DAYS",
            integer,
            0,
            "Delete the history of finished tickets so many days after their last change, and"
            " entries of the back office's own log. Fewer than 30 days count as 30.",
            minimum=0,
            default_note="`0`: never",
        ),
        Setting(
            "RETENTION_SIGN_IN_DAYS",
            integer,
            30,
            "Delete the list of sign-ins and failed attempts, with names and client addresses,"
            " after so many days.",
            minimum=1,
        ),
    ),
)
