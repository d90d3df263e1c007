"""Every environment variable of the desk: type, default, limits and help.

To add a setting, declare it here, use it as `settings.NAME`, and run `python -m config.environment`
to update the documents. Only settings that Django knows under another name also need a line in
`config/settings.py`.
"""

from email.utils import formataddr, quote
from pathlib import Path

from .files import bucket, scanner
from .inbox import inbox_url
from .logo import logo
from .setting import (
    Section,
    Setting,
    Values,
    boolean,
    comma_separated,
    database_url,
    directory,
    integer,
    local_address,
    mail_url,
    number,
    one_line,
    secret,
    sender,
    site_address,
    text,
    time_zone,
    web_address,
)

BASE_DIR = Path(__file__).resolve().parents[2]
# Secrets that contain this are refused on any address that is not loopback.
DEFAULT_SECRET = "change-me"  # noqa: S105


def listening_address(values: Values) -> str:
    host, port = values["HOST"], values["PORT"]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def desk_address(values: Values) -> str:
    name = values["DESK_NAME"]
    if name.isascii():
        return formataddr((name, "desk@localhost"))
    return f'"{quote(name)}" <desk@localhost>'  # formataddr would encode it for a header


def half_of_the_threads(values: Values) -> int:
    """Leave the other half to the pages while these wait for a model."""
    return max(1, int(values["WEB_THREADS"]) // 2)


SECTIONS = (
    Section(
        "Address",
        (
            Setting(
                "HOST",
                text,
                "127.0.0.1",
                "The address to listen on; with Docker, the address to publish the desk on. On any"
                " address other than loopback, the desk refuses to start until `SECRET_KEY`,"
                " `ADMIN_PASSWORD` and `POSTGRES_PASSWORD` are set to values of your own.",
                in_readme=True,
            ),
            Setting(
                "PORT",
                integer,
                8000,
                "The port to listen on; with Docker, the port to publish the desk on.",
                minimum=0,
                maximum=65_535,
                in_readme=True,
            ),
            Setting(
                "ALLOWED_HOSTS",
                comma_separated,
                [],
                "More host names that browsers may use, separated by commas. Loopback names and"
                " `HOST` are always allowed.",
                example="desk.example.org",
            ),
            Setting(
                "HTTPS",
                boolean,
                False,
                "Set to 1 if a proxy in front serves HTTPS. Cookies are then sent over HTTPS only,"
                " browsers are told to use HTTPS (HSTS), and `X-Forwarded-Proto` is trusted.",
                in_readme=True,
            ),
            Setting(
                "CSRF_TRUSTED_ORIGINS",
                comma_separated,
                [],
                "With HTTPS: the origins that may send forms, separated by commas.",
                example="https://desk.example.org",
            ),
            Setting(
                "TRUSTED_PROXIES",
                integer,
                0,
                "The number of proxies in front of the desk. The client's address is taken from"
                " what they add to `X-Forwarded-For`. Docker Compose includes one proxy, nginx.",
                minimum=0,
                docker="1",
            ),
        ),
    ),
    Section(
        "Name and logo",
        (
            Setting(
                "DESK_NAME",
                one_line,
                "Support desk",
                "The desk's name in headers, titles, messages and the back office; at most 60"
                " characters.",
                in_readme=True,
            ),
            Setting(
                "DESK_LOGO",
                logo,
                None,
                "The desk's logo: a PNG, JPEG, GIF, WebP or SVG file of at most 256 KiB, which is"
                " read at the start, or an address of this site, such as `/static/logo.png` or one"
                " below `SITE_URL`. Messages show it unless it is an SVG, which mail programs do"
                " not support.",
                default_note="the built-in icon",
                example="/static/logo.png",
            ),
        ),
    ),
    Section(
        "Access",
        (
            Setting(
                "ACCESS_MODE",
                text,
                "token",
                "With `token`, agents sign in and programs send a token. With `open`, everybody"
                " may act as an agent; this is refused on any address that is not loopback.",
                choices=("token", "open"),
                default_note="`token`; `make run`: `open`",
                in_readme=True,
            ),
            Setting(
                "SECRET_KEY",
                secret,
                "",
                "Signs sessions and private links. To generate one:"
                ' `python3 -c "import secrets; print(secrets.token_urlsafe(50))"`',
                default_note="generated at the first start",
                docker=f"{DEFAULT_SECRET}-to-a-long-random-secret",
                in_readme=True,
            ),
            Setting(
                "ADMIN_USERNAME",
                text,
                "",
                "The name of the first admin account, created at the first start.",
                docker="admin",
            ),
            Setting(
                "ADMIN_PASSWORD",
                secret,
                "",
                "The password of the first admin account.",
                docker=DEFAULT_SECRET,
            ),
            Setting(
                "CREATE_LIMIT",
                integer,
                30,
                "How many tickets and replies one client address may send per minute without"
                " signing in.",
                minimum=0,
            ),
            Setting(
                "CONFIRMATION_LIMIT",
                integer,
                60,
                "How many new tickets the desk confirms by email per hour. The confirmations of"
                " more are held until an agent answers, whose email has the private link as well.",
                minimum=0,
            ),
            Setting(
                "SUGGEST_LIMIT",
                integer,
                60,
                "How many suggestions one client address may request per minute without signing"
                " in.",
                minimum=0,
            ),
            Setting(
                "SIGN_IN_LIMIT",
                integer,
                30,
                "How many times one client address may try to sign in per minute.",
                minimum=0,
            ),
            Setting(
                "SIGN_IN_FAILURES",
                integer,
                5,
                "After this many wrong passwords for one account from one address, the account is"
                " locked for that address for 15 minutes.",
                minimum=1,
            ),
        ),
    ),
    Section(
        "Database",
        (
            Setting(
                "POSTGRES_PASSWORD",
                secret,
                DEFAULT_SECRET,
                "The password of Docker Compose's database. Use letters, digits, `-` and `_` only:"
                " it becomes part of a URL.",
                compose_only=True,
            ),
            Setting(
                "DATABASE_URL",
                database_url,
                "",
                "A PostgreSQL server to use instead of the embedded one of `make run`. Docker"
                " Compose sets this to its own database.",
                example="postgres://user:password@host:5432/name",
                in_readme=True,
            ),
            Setting(
                "DB_STATEMENT_TIMEOUT_MS",
                integer,
                0,
                "Milliseconds after which PostgreSQL cancels a statement. 0 means no limit.",
                minimum=0,
                default_note="`0`; web server of Docker and `make run`: `15000`",
                docker="15000",
            ),
            Setting(
                "DB_LOCK_TIMEOUT_MS",
                integer,
                10_000,
                "Milliseconds after which PostgreSQL stops waiting for a lock. 0 means no limit.",
                minimum=0,
            ),
            Setting(
                "DATA_DIR",
                directory,
                BASE_DIR / ".data",
                "Where `make run` keeps the embedded database, the secret key and the passwords of"
                " the demo accounts.",
                default_note="`./.data`",
                example="./.data",
                in_readme=True,
            ),
        ),
    ),
    Section(
        "Web server",
        (
            Setting("WEB_WORKERS", integer, 2, "The number of web server processes.", minimum=1),
            Setting("WEB_THREADS", integer, 8, "The number of threads in each process.", minimum=1),
            Setting(
                "LOG_LEVEL", text, "INFO", "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`."
            ),
            Setting(
                "DEBUG",
                boolean,
                False,
                "Set to 1 to show the details of errors in the browser. Never do so where others"
                " can reach the desk.",
            ),
        ),
    ),
    Section(
        "Pages",
        (
            Setting(
                "TIME_ZONE",
                time_zone,
                "UTC",
                "The desk's time zone, such as `Europe/Berlin`. Days on pages, in charts, filters"
                " and exports begin at its midnight. Browsers show times in the reader's zone;"
                " without JavaScript they are in the desk's. The API always uses UTC.",
                in_readme=True,
            ),
        ),
    ),
    Section(
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
                in_readme=True,
            ),
            Setting(
                "LMTP_ADDRESS",
                local_address,
                None,
                "Where the worker takes mail from a mail server by LMTP, such as `127.0.0.1:8024`."
                " Nobody has to sign in there, so only your mail server may reach it.",
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
    ),
    Section(
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
    ),
    Section(
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
    ),
    Section(
        "Triage: which model",
        (
            Setting(
                "LLM_ENABLED",
                boolean,
                True,
                "Set to 0 to keep every text on this machine, whatever keys are set. Triage then"
                " uses the offline classifier only.",
                in_readme=True,
            ),
            Setting(
                "LLM_PROVIDER",
                text,
                "auto",
                "The service to ask. `auto` takes the first of Gemini, OpenAI and Groq whose key is"
                " set, or else `local` if `LLM_BASE_URL` is set.",
                choices=("auto", "gemini", "openai", "groq", "local", "none"),
                in_readme=True,
            ),
            Setting(
                "LLM_API_KEY", secret, "", "The API key to use where the provider's own is not set."
            ),
            Setting(
                "TRIAGE_SHADOW",
                text,
                "",
                "A second source to compare with: its predictions are stored but never shown."
                " Either `offline` or `provider:model`, as in `groq:openai/gpt-oss-120b`.",
            ),
        ),
    ),
    Section(
        "Triage: Google Gemini",
        (
            Setting("GEMINI_API_KEY", secret, "", "The API key for Gemini.", in_readme=True),
            Setting("GEMINI_MODEL", text, "gemini-3.5-flash-lite", "The Gemini model."),
            Setting(
                "GEMINI_BASE_URL",
                web_address,
                "",
                "Another server with the same protocol, such as a gateway.",
                default_note="Google's",
            ),
            Setting(
                "GEMINI_BACKEND",
                text,
                "sdk",
                "`sdk` uses Google's Python package, which is no longer supported upstream. `rest`"
                " does the same without it.",
                choices=("sdk", "rest"),
            ),
        ),
    ),
    Section(
        "Triage: OpenAI",
        (
            Setting("OPENAI_API_KEY", secret, "", "The API key for OpenAI.", in_readme=True),
            Setting("OPENAI_MODEL", text, "gpt-6-luna", "The OpenAI model."),
            Setting(
                "OPENAI_CLASSIFY_MODEL",
                text,
                "",
                "A second, smaller model for category and priority. `OPENAI_MODEL` then only"
                " suggests titles and judges sentiment.",
                default_note="`OPENAI_MODEL`",
            ),
            Setting(
                "OPENAI_BASE_URL",
                web_address,
                "https://api.openai.com/v1",
                "Another server with the same protocol, such as a gateway.",
            ),
        ),
    ),
    Section(
        "Triage: Groq",
        (
            Setting("GROQ_API_KEY", secret, "", "The API key for Groq.", in_readme=True),
            Setting("GROQ_MODEL", text, "openai/gpt-oss-20b", "The model on Groq."),
            Setting(
                "GROQ_BASE_URL",
                web_address,
                "https://api.groq.com/openai/v1",
                "Another server with the same protocol, such as a gateway.",
            ),
        ),
    ),
    Section(
        "Triage: a server of your own",
        (
            Setting(
                "LLM_BASE_URL",
                web_address,
                "",
                "A server that speaks the chat completions protocol: Ollama (port 11434), llama.cpp"
                " (8080) or vLLM (8000). If it requires a key, set `LLM_API_KEY`.",
                example="http://models.example.org:11434/v1",
                in_readme=True,
            ),
            Setting("LLM_MODEL", text, "", "The model on that server.", example="qwen3:4b"),
        ),
    ),
    Section(
        "Triage: limits",
        (
            Setting(
                "LLM_TIMEOUT",
                number,
                None,
                "Seconds for a whole call to the model. After that, the offline classifier"
                " answers.",
                minimum=0.1,
                maximum=600,
                default_note="4; with `local`: 15",
            ),
            Setting(
                "LLM_CONCURRENCY",
                integer,
                half_of_the_threads,
                "How many calls one process may make at the same time.",
                minimum=1,
                maximum=1000,
                default_note="half of `WEB_THREADS`",
            ),
            Setting(
                "LLM_DAILY_CALLS",
                integer,
                5000,
                "How many calls may be made per day. After that, the offline classifier answers.",
                minimum=0,
            ),
            Setting(
                "LLM_DAILY_COST",
                number,
                5.0,
                "The estimated cost in USD of the calls that may be made per day. After that, the"
                " offline classifier answers.",
                minimum=0,
            ),
            Setting(
                "LLM_CLIENT_CALLS",
                integer,
                30,
                "How many calls one client address may cause per minute.",
                minimum=0,
            ),
            Setting(
                "LLM_CACHE_SECONDS",
                integer,
                24 * 3600,
                "How many seconds a reply is reused for the same text.",
                minimum=0,
                maximum=365 * 24 * 3600,
            ),
            Setting(
                "LLM_MIN_CHARS",
                integer,
                20,
                "Texts with fewer characters are not sent to a model.",
                minimum=0,
            ),
            Setting(
                "LLM_MAX_INPUT_CHARS",
                integer,
                4000,
                "Longer texts are cut to this many characters before they are sent.",
                minimum=1,
            ),
            Setting(
                "LLM_MAX_OUTPUT_TOKENS",
                integer,
                512,
                "How many tokens a reply may use, including thinking.",
                minimum=1,
            ),
            Setting(
                "LLM_TEMPERATURE",
                number,
                None,
                "The sampling temperature. Several models reject it.",
                minimum=0,
                maximum=2,
                default_note="not sent",
            ),
            Setting(
                "LLM_PRICE_INPUT",
                number,
                None,
                "USD per million input tokens, to estimate the cost.",
                minimum=0,
                maximum=10_000,
                default_note="list price of the provider's default model",
            ),
            Setting(
                "LLM_PRICE_OUTPUT",
                number,
                None,
                "USD per million output tokens, to estimate the cost.",
                minimum=0,
                maximum=10_000,
                default_note="list price of the provider's default model",
            ),
        ),
    ),
)
SETTINGS = tuple(setting for section in SECTIONS for setting in section.settings)
