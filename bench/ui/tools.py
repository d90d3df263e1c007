"""The programs of npm that look at pages: html-validate and Lighthouse."""

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
ADMIN_RULES = Path(__file__).with_name("htmlvalidate-admin.json")  # Django's own habits allowed
ADMIN = "admin"
ROUNDS = 3
TRIES = 3  # a busy machine now and then loses the beginning of a trace
ERROR = 2  # html-validate's severity; below are warnings
LIMIT_SECONDS = 120
# The suggestion's library touches every global of the browser, so that each deprecated one counts.
ALPINE = "vendor/alpine/"


class ToolFailed(Exception):
    """A program gave no answer; its own words are the message."""


def validate(markup: dict[str, str], folder: Path) -> Iterator[Figure]:
    """Errors in the HTML of each state, {name: HTML}, by html-validate."""
    ours = {name: html for name, html in markup.items() if not name.startswith(ADMIN)}
    djangos = {name: html for name, html in markup.items() if name.startswith(ADMIN)}
    yield from errors_in(ours, RULES, folder / "ours")
    yield from errors_in(djangos, ADMIN_RULES, folder / "admin")


def errors_in(markup: dict[str, str], rules: Path, folder: Path) -> Iterator[Figure]:
    if not markup:
        return
    folder.mkdir(parents=True)
    for name, html in markup.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    program = PROGRAMS / "html-validate" / "bin" / "html-validate.mjs"
    answers = folder / "answers.json"  # its standard output ends early in a pipe
    options = ["--config", str(rules), "--formatter", f"json={answers}"]
    answer = subprocess.run(
        [node(), program, *options, *(folder / f"{name}.html" for name in markup)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    if not answers.exists():
        raise ToolFailed(f"html-validate did not work: {answer.stderr}")
    read = json.loads(answers.read_text(encoding="utf-8"))
    found = {Path(file["filePath"]).stem: file["messages"] for file in read}
    for name in markup:
        errors = [said for said in found.get(name, []) if said["severity"] == ERROR]
        kinds = Counter(f"{said['ruleId']}: {said['message']}" for said in errors)
        detail = "\n".join(f"{count} x {words}" for words, count in kinds.most_common(5))
        yield Figure(name, "html errors", len(errors), 0, detail=detail)


def lighthouse(visitors: Visitors, state: State, html: str, folder: Path) -> Iterator[Figure]:
    headers = folder / "headers.json"  # not on the command line, where others could read it
    headers.touch(mode=0o600)
    headers.write_text(json.dumps({"Cookie": visitors.cookies(state.who)}))
    url = visitors.desk.urls[state.mode] + state.address(visitors.desk.facts)
    skipped = ["--skip-audits=deprecations"] if ALPINE in html else []
    try:
        yield from scores(state.name, url, [f"--extra-headers={headers}", *skipped])
    except (ToolFailed, subprocess.TimeoutExpired) as error:
        yield Figure(state.name, MISSING, 1, 0, look="lighthouse", detail=str(error))


def scores(page: str, url: str, options: list[str]) -> Iterator[Figure]:
    """The four scores; performance as the median of some rounds, since the machine is shared."""
    whole = report(url, options)
    speeds = [score(whole, "performance")]
    while len(speeds) < ROUNDS:
        speeds.append(
            score(report(url, [*options, "--only-categories=performance"]), "performance")
        )
    yield at_least(page, "performance", statistics.median(speeds), 95, f"Runs: {speeds}")
    for name in ("accessibility", "best-practices"):
        yield at_least(page, name, score(whole, name), 100, lost(whole, name))
    # Pages behind a sign-in or a private link ask not to be found.
    limit = 100 if page == "submit" else None
    yield at_least(page, "seo", score(whole, "seo"), limit, lost(whole, "seo"))


def at_least(page: str, name: str, value: float, limit: float | None, detail: str) -> Figure:
    return Figure(page, f"lighthouse {name}", value, limit, at_least=True, detail=detail)


def report(url: str, options: list[str]) -> dict[str, Any]:
    """Lighthouse's report of a page on its slow phone. Raises ToolFailed."""
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
    said = ""
    for _ in range(TRIES):
        answer = subprocess.run(
            [*command, *options],
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            env=os.environ | {"CHROME_PATH": chromium_path()},
        )
        if answer.returncode == 0:
            found: dict[str, Any] = json.loads(answer.stdout)
            return found
        said = answer.stderr[-600:]
    raise ToolFailed(f"Lighthouse did not work: {said}")


def score(found: dict[str, Any], category: str) -> float:
    """0 to 100; nothing measured counts as 0."""
    return round((found["categories"][category]["score"] or 0) * 100)


def lost(found: dict[str, Any], category: str) -> str:
    """The audits that cost points, with their first finding."""
    audits = [found["audits"][ref["id"]] for ref in found["categories"][category]["auditRefs"]]
    failed = [audit for audit in audits if audit["score"] is not None and audit["score"] < 1]
    return "\n".join(f"{audit['id']}: {audit['title']}{first_item(audit)}" for audit in failed)


def first_item(audit: dict[str, Any]) -> str:
    items = audit.get("details", {}).get("items") or []
    return f"\n  {json.dumps(items[0])[:300]}" if items else ""
