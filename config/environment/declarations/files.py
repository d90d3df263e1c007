"""Attachments: where they are stored, their limits, and the scanner."""

from ..files import bucket, scanner
from ..setting import (
    Section,
    Setting,
    integer,
)

FILES = Section(
    "Files",
    (
        Setting(
            "ATTACHMENT_STORAGE",
            bucket,
            None,
            "Where the files of tickets are stored: a bucket of a server that speaks S3, as"
            " `s3://bucket/prefix?endpoint=https://host:9000&region=eu-central-1`. All but the"
            " bucket may be left out; without an endpoint it is Amazon's. The keys are those"
            " that Amazon's tools use: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or a"
            " role of the machine.",
            default_note="`DATA_DIR/attachments`",
            example="s3://desk-files/attachments?region=eu-central-1",
            in_readme=True,
        ),
        Setting(
            "ATTACHMENT_MAX_MB",
            integer,
            10,
            "The size of a file, in MB (1024 * 1024 bytes).",
            minimum=1,
            maximum=1000,
        ),
        Setting(
            "ATTACHMENT_TICKET_MB",
            integer,
            50,
            "The size of all files of a ticket together, in MB. A proxy in front must let a"
            " little more than this through (`client_max_body_size` in `deploy/nginx.conf`).",
            minimum=1,
            maximum=10_000,
        ),
        Setting(
            "ATTACHMENT_DAILY_MB",
            integer,
            100,
            "How much one client address may upload per day without signing in, in MB.",
            minimum=0,
            maximum=2000,
        ),
        Setting(
            "ATTACHMENT_DESK_MB",
            integer,
            2000,
            "How much all client addresses together may upload per day without signing in, in MB.",
            minimum=0,
            maximum=2_000_000,
        ),
        Setting(
            "ATTACHMENT_SCAN",
            scanner,
            None,
            "A virus scanner that reads each file before requesters can open it:"
            " `clamd://host:3310`. While it does not answer, files wait.",
            default_note="none",
            example="clamd://127.0.0.1:3310",
            in_readme=True,
        ),
    ),
)
