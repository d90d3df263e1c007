"""A visitor with a browser's habits: cookies, redirects, forms. curl does the work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from tickets.vocabulary import MIN_FORM_SECONDS

FORMAT = "%{stderr}%{http_code} %{http_version} %{url_effective}"


class Page(NamedTuple):
    status: int
    version: str  # of HTTP
    url: str
    headers: str
    text: str


@dataclass(frozen=True)
class Visitor:
    environment: Mapping[str, str]
    directory: Path
    name: str = "visitor"

    def get(self, url: str, *options: str) -> Page:
        """Return the page at which a browser ends up. Status 0: there was no answer."""
        jar, head = self.directory / f"{self.name}.cookies", self.directory / f"{self.name}.head"
        head.write_bytes(b"")
        arguments = [
            "--max-time",
            "60",
            "--cookie",
            jar,
            "--cookie-jar",
            jar,
            "--dump-header",
            head,
        ]
        finished = subprocess.run(
            ["curl", "--silent", "--location", *arguments, "--write-out", FORMAT, *options, url],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        status, version, end = finished.stderr.strip().splitlines()[-1].split(" ", 2)
        return Page(int(status), version, end, head.read_text().lower(), finished.stdout)

    def send(self, url: str, *fields: str) -> Page:
        """Fill in the form of a page and send it. A field is `name=value` or `name=@file`."""
        page = self.get(url)
        if page.status != 200:
            return page
        hidden = HiddenFields()
        hidden.feed(page.text)
        options = []
        for name, value in hidden.values.items():
            options += ["--form-string", f"{name}={value}"]
        for text in fields:
            options += ["--form", text]
        time.sleep(MIN_FORM_SECONDS + 0.5)
        return self.get(page.url, "--referer", page.url, *options)

    def until(self, url: str, text: str = "", seconds: float = 180, *options: str) -> Page:
        """Open a page until it is 200 and has a text. Raise TimeoutError."""
        deadline = time.monotonic() + seconds
        while True:
            page = self.get(url, *options)
            if page.status == 200 and text in page.text:
                return page
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url}: {page.status}, without {text!r}: {page.text[:1000]}")
            time.sleep(1)


class HiddenFields(HTMLParser):
    """The hidden fields of a page that have a value."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        name, value = field.get("name"), field.get("value")
        is_sent = field.get("type") == "hidden" and "disabled" not in field
        if tag == "input" and is_sent and name and value:
            self.values[name] = value
