"""Email both ways, and replies."""

from email.utils import formataddr, quote

from ..inbox import inbox_url
from ..setting import (
    Section,
    Setting,
    Values,
    boolean,
    integer,
    local_address,
    mail_url,
    sender,
    site_address,
)


def listening_address(values: Values) -> str:
    host, port = values["HOST"], values["PORT"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def desk_address(values: Values) -> str:
    name = values["DESK_NAME"]
    if name.isascii():
        return formataddr((name, "desk@localhost"))
    return f'"{quote(name)}" <desk@localhost>'  # formataddr would encode it for a header


EMAIL = Section(
    "Email",
    (
        Setting(
            "EMAIL_URL",
            mail_url,
            "consolemail://",
            "The mail server: `smtp+tls://user:password@host:587` (STARTTLS),"
            " `smtp+ssl://user:password@host:465` or `smtp://host:25`. With `consolemail://`,"
            " the worker only prints a line for each. Percent-encode special characters in the"
            " password: `%40` for @, `%2B` for +.",
            is_confidential=True,
            in_readme=True,
        ),
        Setting(
            "EMAIL_FROM",
            sender,
            desk_address,
            "The From address of messages to requesters and agents, with a name that all"
            " messages have. With a mailbox, messages come from its address instead. Put a name"
            ' with a comma or a colon in quotes: `"Support: Team" <desk@example.org>`.',
            default_note="`DESK_NAME <desk@localhost>`",
        ),
        Setting(
            "INBOX_URL",
            inbox_url,
            None,
            "The mailbox to fetch: `imaps://user:password@host/INBOX`, or with STARTTLS"
            " `imap+starttls://user:password@host/INBOX`. Percent-encode special characters in"
            " user name and password: `%40` for @. `?address=support@example.org` names its"
            " address, if neither the user name nor `EMAIL_FROM` is it. A new mailbox is"
            " fetched from the last 24 hours on; `?since=2026-01-31` or `?since=all` takes more"
            " of it. Other mailboxes, and OAuth, are set up in the back office.",
            default_note="no mailbox",
            example="imaps://support%40example.org:password@imap.example.org/INBOX",
            is_confidential=True,
            in_readme=True,
        ),
        Setting(
            "LMTP_ADDRESS",
            local_address,
            None,
            "Where the worker takes mail from a mail server by LMTP, such as `127.0.0.1:8024`."
            " Nobody has to sign in there, so it must be on loopback; in a container it may be"
            " `0.0.0.0:8024`, with the port published on loopback. Senders with public addresses"
            " are refused.",
            default_note="not at all",
            example="127.0.0.1:8024",
        ),
        Setting(
            "EMAIL_ATTACHMENTS_MB",
            integer,
            10,
            "How many megabytes of attachments the email with a reply carries. Past it, it"
            " names the files, which are on the requester's page.",
            minimum=0,
            maximum=50,
        ),
        Setting(
            "SITE_URL",
            site_address,
            listening_address,
            "The address at which people reach the desk. Links in messages start with it.",
            default_note="`http://HOST:PORT`",
            in_readme=True,
        ),
    ),
)

REPLIES = Section(
    "Replies",
    (
        Setting(
            "REPLY_DELAY_SECONDS",
            integer,
            10,
            "How long a reply written on a page can be taken back before the requester sees it"
            " and it is mailed. 0 sends it at once. Replies by the API never wait.",
            minimum=0,
            maximum=3600,
        ),
        Setting(
            "REPLY_TAKES_TICKET",
            boolean,
            True,
            "A reply written on a page assigns an unassigned ticket to its writer, and moves an"
            " open one to in progress. Set to 0 to leave both as they are.",
        ),
        Setting(
            "MAIL_REOPEN_DAYS",
            integer,
            30,
            "An answer by mail reopens a ticket that was finished at most so many days ago."
            " Later it opens a new ticket, linked to the old one.",
            minimum=0,
            maximum=3650,
        ),
    ),
)
