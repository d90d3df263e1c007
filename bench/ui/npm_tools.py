"""The npm programs that check pages: html-validate and Lighthouse."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.setup import node

from .browser import Visitors, chromium_path, sandbox_options
from .desk import ROOT
from .pages import State
from .results import MISSING, Figure

PROGRAMS = ROOT / "node_modules"
RULES = Path(__file__).with_name("htmlvalidate.json")
ADMIN_RULES = Path(__file__).with_name(
    "htmlvalidate-admin.json"
)  # allows what Django's own templates do
ADMIN = "admin"
ROUNDS = 3
ATTEMPTS = 3  # on a busy machine, a trace sometimes lacks its beginning
ERROR = 2  # html-validate's severity; lower ones are warnings
TIMEOUT = 120  # seconds
# Alpine's build for a strict policy reads every global of the browser, also the deprecated ones.
ALPINE = "vendor/alpine/"


class ToolFailed(Exception):
    """A program printed no result. The message is its error output."""


def validate(markup: dict[str, str], folder: Path) -> Iterator[Figure]:
    """Yield the html-validate errors of each state. `markup` maps state names to HTML."""
    ours = {name: html for name, html in markup.items() if not name.startswith(ADMIN)}
    admin = {name: html for name, html in markup.items() if name.startswith(ADMIN)}
    yield from html_errors(ours, RULES, folder / "ours")
    yield from html_errors(admin, ADMIN_RULES, folder / "admin")


def html_errors(markup: dict[str, str], rules: Path, folder: Path) -> Iterator[Figure]:
    if not markup:
        return
    folder.mkdir(parents=True)
    for name, html in markup.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    program = PROGRAMS / "html-validate" / "bin" / "html-validate.mjs"
    output = folder / "output.json"  # its standard output is cut off in a pipe
    options = ["--config", str(rules), "--formatter", f"json={output}"]
    completed = subprocess.run(
        [node(), program, *options, *(folder / f"{name}.html" for name in markup)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if not output.exists():
        raise ToolFailed(f"html-validate failed: {completed.stderr}")
    results = json.loads(output.read_text(encoding="utf-8"))
    messages = {Path(result["filePath"]).stem: result["messages"] for result in results}
    for name in markup:
        errors = [message for message in messages.get(name, []) if message["severity"] == ERROR]
        kinds = Counter(f"{error['ruleId']}: {error['message']}" for error in errors)
        detail = "\n".join(f"{count} x {kind}" for kind, count in kinds.most_common(5))
        yield Figure(name, "html errors", len(errors), 0, detail=detail)


def lighthouse(visitors: Visitors, state: State, html: str, folder: Path) -> Iterator[Figure]:
    headers = folder / "headers.json"  # not on the command line, which other users can read
    headers.touch(mode=0o600)
    headers.write_text(json.dumps({"Cookie": visitors.cookies(state.user)}))
    url = visitors.desk.urls[state.mode] + state.address(visitors.desk.facts)
    skipped = ["--skip-audits=deprecations"] if ALPINE in html else []
    try:
        yield from scores(state.name, url, [f"--extra-headers={headers}", *skipped])
    except (ToolFailed, subprocess.TimeoutExpired) as error:
        yield Figure(state.name, MISSING, 1, 0, look="lighthouse", detail=str(error))


def scores(page: str, url: str, options: list[str]) -> Iterator[Figure]:
    """Yield the four scores; performance is a median, since other load affects it."""
    full_report = report(url, options)
    speeds = [score(full_report, "performance")]
    while len(speeds) < ROUNDS:
        performance_report = report(url, [*options, "--only-categories=performance"])
        speeds.append(score(performance_report, "performance"))
    yield at_least(page, "performance", statistics.median(speeds), 95, f"Runs: {speeds}")
    for name in ("accessibility", "best-practices"):
        yield at_least(page, name, score(full_report, name), 100, failed_audits(full_report, name))
    # Pages behind a sign-in or a private link ask not to be indexed.
    limit = 100 if page == "submit" else None
    yield at_least(page, "seo", score(full_report, "seo"), limit, failed_audits(full_report, "seo"))


def at_least(page: str, name: str, value: float, limit: float | None, detail: str) -> Figure:
    return Figure(page, f"lighthouse {name}", value, limit, at_least=True, detail=detail)


def report(url: str, options: list[str]) -> dict[str, Any]:
    """Return Lighthouse's report of a page on its simulated phone. Raise ToolFailed."""
    program = PROGRAMS / "lighthouse" / "cli" / "index.js"
    flags = " ".join(["--headless=new", *sandbox_options()])
    command: list[str | Path] = [
        node(),
        program,
        url,
        "--quiet",
        "--output=json",
        f"--chrome-flags={flags}",
    ]
    error = ""
    for _ in range(ATTEMPTS):
        completed = subprocess.run(
            [*command, *options],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            env=os.environ | {"CHROME_PATH": chromium_path()},
        )
        if completed.returncode == 0:
            result: dict[str, Any] = json.loads(completed.stdout)
            return result
        error = completed.stderr[-600:]
    raise ToolFailed(f"Lighthouse failed: {error}")


def score(result: dict[str, Any], category: str) -> float:
    """Return 0 to 100; 0 if nothing was measured."""
    return round((result["categories"][category]["score"] or 0) * 100)


def failed_audits(result: dict[str, Any], category: str) -> str:
    """Describe the audits that cost points, with their first item."""
    audits = [result["audits"][ref["id"]] for ref in result["categories"][category]["auditRefs"]]
    failed = [audit for audit in audits if audit["score"] is not None and audit["score"] < 1]
    return "\n".join(f"{audit['id']}: {audit['title']}{first_item(audit)}" for audit in failed)


def first_item(audit: dict[str, Any]) -> str:
    items = audit.get("details", {}).get("items") or []
    return f"\n  {json.dumps(items[0])[:300]}" if items else ""
