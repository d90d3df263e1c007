"""Write docs/soak.md from the results of the last run of each part."""

# ruff: noqa: E501  (a paragraph of the page is one line)

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bench.program import percentile
from bench.ui.desk import ROOT

from .crowd import UNDISTURBED, Good
from .run import Kills, Result

RESULTS = ROOT / "docs" / "soak.json"
PAGE = ROOT / "docs" / "soak.md"
RESTART_SECONDS = 10.0  # in which 99% of the kills are answered
RESCUE_SECONDS = 45.0
ANSWER_SECONDS, RETURN_SECONDS = 5.0, 1.0
INTRODUCTION = """# Soak

`make soak` kills the desk's processes under load, breaks its database, and crowds its proxy. The desk runs as `make run` starts it, on loopback, and is started again whenever it ends, as a service manager would do. [Decision 59](decisions/0059-soak.md) explains the method. A short form runs with the tests. This page is written by the command; do not edit it.
"""


def summary(result: Result) -> dict[str, Any]:
    """Return the figures of the parts that were run, as JSON keeps them."""
    parts: dict[str, Any] = {}
    if result.kills:
        parts["kills"] = _kills(result.kills)
    if result.jobs:
        jobs = result.jobs
        parts["jobs"] = {
            "queued": jobs.queued,
            "kills": jobs.kills,
            "lacking": jobs.lacking,
            "doubled": jobs.doubled,
            "failed": jobs.failed,
            "rescued": len(jobs.rescues),
            "slowest_rescue": max(jobs.rescues, default=0.0),
            "seconds": jobs.seconds,
        }
    if result.breakages:
        parts["breakages"] = {
            "rows": {
                name: {
                    "seconds": row.seconds,
                    "statuses": {str(key): n for key, n in sorted(row.statuses.items())},
                    "slowest": row.slowest,
                    "alive": {str(key): n for key, n in sorted(row.alive.items())},
                    "slowest_alive": row.slowest_alive,
                    "first_success": row.first_success,
                }
                for name, row in result.breakages.items()
            },
            "left_out": result.left_out,
        }
    if result.crowd:
        parts["crowd"] = {
            "connections": result.connections,
            "rows": {name: _good(good) for name, good in result.crowd.items()},
        }
    return parts


def _kills(kills: Kills) -> dict[str, Any]:
    every = [seconds for times in kills.times.values() for seconds in times]
    return {
        "rows": {kind: _spread(times) for kind, times in kills.times.items()},
        "all": _spread(every),
        "within": sum(seconds <= RESTART_SECONDS for seconds in every) / len(every),
        "seconds": kills.seconds,
        "tickets": kills.comparison.tickets,
        "messages": kills.comparison.messages,
        "files": kills.comparison.files,
        "mails": kills.comparison.mails,
        "lost": len(kills.comparison.lost),
        "doubled": len(kills.comparison.doubled),
        "confirmed": len(kills.answers),
        "confirmed_twice": sum(count > 1 for count in kills.answers.values()),
    }


def _spread(times: list[float]) -> dict[str, float]:
    p50, p99 = (percentile(times, n) if len(times) > 1 else times[0] for n in (50, 99))
    return {"count": len(times), "p50": p50, "p99": p99, "max": max(times)}


def _good(good: Good) -> dict[str, float]:
    return {
        "requests": len(good.times),
        "failures": good.failures,
        "p50": good.p50,
        "p99": good.p99,
    }


def read() -> dict[str, Any]:
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return results


def write(parts: Mapping[str, Any]) -> None:
    RESULTS.write_text(json.dumps(parts, indent=1) + "\n")
    PAGE.write_text(page(parts))


def page(parts: Mapping[str, Any]) -> str:
    """Return the page. Each part has its command, machine and load beside its figures."""
    lines = [INTRODUCTION]
    for name, write_part in WRITERS.items():
        if part := parts.get(name):
            lines += [*write_part(part), _conditions(part)]
    return "\n".join(lines)


def _conditions(part: Mapping[str, Any]) -> str:
    return (
        f"\n`{part['command']}`, {part['date']}, {part['cores']} cores. The machine's load average was"
        f" {part['load_before']:.1f} before and {part['load_after']:.1f} after.\n"
    )


def _kills_lines(part: Mapping[str, Any]) -> Iterator[str]:
    total = part["all"]
    yield "## Kills under load\n"
    yield f"{total['count']:,.0f} processes were killed by SIGKILL, one after the other, in {part['seconds']:,.0f} seconds. Four clients created tickets with an `Idempotency-Key`, replied, noted, attached files and read; two sent mail by HTTP, LMTP, a pipe and IMAP. Between two kills at least one request succeeded. Nobody repaired anything.\n"
    yield "| acknowledged | | lost | doubled |"
    yield "| --- | --- | --- | --- |"
    counts = [
        f"{part[name]:,} {word}"
        for name, word in (
            ("tickets", "tickets"),
            ("messages", "replies and notes"),
            ("files", "files"),
            ("mails", "messages by mail"),
        )
    ]
    yield f"| {', '.join(counts)} | | {part['lost']} | {part['doubled']} |\n"
    yield f"{part['confirmed']:,} addresses got a confirmation, {part['confirmed_twice']} of them two.\n"
    yield f"{part['within']:.1%} of the kills were followed by a success within {RESTART_SECONDS:.0f} seconds: the next request that began after the kill, or for the worker, the next connection by which it takes mail.\n"
    yield "| killed | times | p50 | p99 | slowest |"
    yield "| --- | --- | --- | --- | --- |"
    for kind, row in [*part["rows"].items(), ("all", total)]:
        times = " | ".join(f"{row[key]:.2f} s" for key in ("p50", "p99", "max"))
        yield f"| {kind} | {row['count']:.0f} | {times} |"


def _jobs_lines(part: Mapping[str, Any]) -> Iterator[str]:
    yield "## Jobs under kills of the worker\n"
    yield f"{part['queued']:,} jobs (`encode_ticket`: the vector of a new ticket, and a prediction) while the worker was killed {part['kills']} times, in {part['seconds']:,.0f} seconds: {part['lacking']} effects lacking, {part['doubled']} doubled, {part['failed']} jobs failed. {part['rescued']:,} jobs were held by a worker that was killed; the last of them was free after {part['slowest_rescue']:.1f} seconds (limit: {RESCUE_SECONDS:.0f})."


def _breakages_lines(part: Mapping[str, Any]) -> Iterator[str]:
    yield "## A database that breaks\n"
    yield f"Eight clients read, create and write all the time, one asks `/healthz`. Each request must succeed or be a 503 within {ANSWER_SECONDS:.0f} seconds, and the first must succeed within {RETURN_SECONDS:.0f} second of the database's own first answer to us. While the database is stopped or killed, nothing may start it again. Out of connections: we hold all 100. Disk full: the data directory is a file system of its own, filled to the last byte.\n"
    yield "| the database is | for | answers | slowest | `/healthz` | slowest | first success after |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, row in part["rows"].items():
        answers, alive = (
            ", ".join(f"{n:,} of {key}" for key, n in row[key_].items())
            for key_ in ("statuses", "alive")
        )
        yield f"| {name} | {row['seconds']:.0f} s | {answers} | {row['slowest']:.2f} s | {alive} | {row['slowest_alive']:.2f} s | {row['first_success']:.2f} s |"
    for name in part["left_out"]:
        yield f"\nLeft out, since this account may not mount a file system: {name}."


def _crowd_lines(part: Mapping[str, Any]) -> Iterator[str]:
    yield "## A crowd at the proxy\n"
    yield f"{part['connections']:,} connections to nginx (`deploy/nginx.conf`) that send nothing or half a request, each opened again when nginx closes it. A good client asks for a list of 20 tickets, with a new connection each time.\n"
    yield "| the crowd comes | requests | failed | p50 | p99 | p99 to undisturbed |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, row in part["rows"].items():
        ratio = row["p99"] / part["rows"][UNDISTURBED]["p99"]
        yield f"| {name if name != UNDISTURBED else 'not at all'} | {row['requests']:,} | {row['failures']} | {row['p50']:.1f} ms | {row['p99']:.1f} ms | {ratio:.2f} |"


WRITERS = {
    "kills": _kills_lines,
    "jobs": _jobs_lines,
    "breakages": _breakages_lines,
    "crowd": _crowd_lines,
}
