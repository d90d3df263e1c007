"""The desk's address, its name, and who may use it."""

from ..logo import logo
from ..setting import (
    DEFAULT_SECRET,
    Section,
    Setting,
    boolean,
    contacts,
    exact_origins,
    host_names,
    integer,
    listening_host,
    one_line,
    origins,
    password,
    secret,
    secrets,
    text,
)

ADDRESS = Section(
    "Address",
    (
        Setting(
            "HOST",
            listening_host,
            "127.0.0.1",
            "The address to listen on; with Docker, the address to publish the desk on. Where"
            " others can reach it, the desk refuses to start with what is fit for one machine"
            ' only: see "Before you publish it" in docs/operations.md.',
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
            host_names,
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
            " browsers are told to use HTTPS for this host and its subdomains (HSTS), and"
            " `X-Forwarded-Proto` is trusted.",
            in_readme=True,
        ),
        Setting(
            "CSRF_TRUSTED_ORIGINS",
            origins,
            [],
            "With HTTPS: the origins that may send forms, separated by commas.",
            example="https://desk.example.org",
        ),
        Setting(
            "CORS_ALLOWED_ORIGINS",
            exact_origins,
            [],
            "Other sites whose pages may use the JSON API from a browser, with a token and"
            " without cookies, separated by commas.",
            example="https://shop.example.org",
        ),
        Setting(
            "SECURITY_CONTACT",
            contacts,
            [],
            "Where to report a vulnerability in this installation: email addresses or pages"
            " with `https://`, separated by commas. `/.well-known/security.txt` is served only if"
            " it is set.",
            example="security@example.org",
        ),
        Setting(
            "TRUSTED_PROXIES",
            integer,
            0,
            "The number of proxies in front of the desk. The client's address is taken from"
            " what they add to `X-Forwarded-For` or `Forwarded`. Docker Compose includes one"
            " proxy, nginx.",
            minimum=0,
            docker="1",
        ),
    ),
)

NAME = Section(
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
)

ACCESS = Section(
    "Access",
    (
        Setting(
            "ACCESS_MODE",
            text,
            "token",
            "With `token`, agents sign in and programs send a token. With `open`, everybody"
            " may act as an agent; this is refused where others can reach the desk.",
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
            default_note="generated at the first start, in `DATA_DIR`",
            in_readme=True,
        ),
        Setting(
            "SECRET_KEY_FALLBACKS",
            secrets,
            [],
            "Former values of `SECRET_KEY`, separated by commas (`\\,` for one in a key): what was"
            ' signed or encrypted with them goes on working. See "Change the secret key" in'
            " docs/operations.md.",
            default_note="none",
        ),
        Setting(
            "PRIVATE_LINK_DAYS",
            integer,
            0,
            "The private link of a ticket stops working so many days after the ticket was resolved"
            " or closed, until it is reopened. 0: never.",
            minimum=0,
            maximum=36_500,
        ),
        Setting(
            "ADMIN_USERNAME",
            text,
            "",
            "The name of the first admin account, created at the first start.",
            default_note="none; Docker: `admin`",
            docker="admin",
        ),
        Setting(
            "ADMIN_PASSWORD",
            password,
            "",
            "The password of the first admin account. With `make run`, that is `admin` unless"
            " `ADMIN_USERNAME` names another.",
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
            "CREATE_DAILY_LIMIT",
            integer,
            300,
            "How many of them it may send per day (UTC).",
            minimum=0,
        ),
        Setting(
            "CREATE_DESK_LIMIT",
            integer,
            5000,
            "How many tickets all client addresses together may send per day (UTC); one /48 network"
            " of IPv6 a sixth of them. Past it, the desk refuses more, and the start page of the"
            " back office says so. Replies by private links are not among them.",
            minimum=0,
        ),
        Setting(
            "CONFIRMATION_LIMIT",
            integer,
            60,
            "How many new tickets the desk confirms by email per hour. The confirmations of"
            " more are held until an agent answers, whose email has the private link as well. One"
            " client that has not signed in gets a sixth of them, at least 5.",
            minimum=0,
        ),
        Setting(
            "SUGGEST_LIMIT",
            integer,
            60,
            "How many suggestions one client address may request per minute without signing in.",
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
        Setting(
            "SESSION_IDLE_MINUTES",
            integer,
            0,
            "Minutes without use after which a session ends and its account has to sign in again."
            " Pages that refresh themselves do not count as use. 0 means no such limit; sessions"
            " then end after 14 days.",
            minimum=0,
        ),
        Setting(
            "CONFIRM_MINUTES",
            integer,
            30,
            "Whoever changes rights or secrets in the back office, or tokens and second factors of"
            " the own account, must have typed the password within this many minutes.",
            minimum=1,
        ),
        Setting(
            "SECOND_FACTOR_FOR_ADMINS",
            boolean,
            False,
            "Set to 1 to require a second factor of admins and of all who may open the back office:"
            " without one, an account reaches only the page that sets one up. API tokens are not"
            " affected.",
        ),
    ),
)
