"""Run the benchmarks: `make bench`, or `make bench ARGS="--tickets 300000 --rounds 9"`.

    make bench ARGS="lists"        queries on the table of tickets (the default)
    make bench ARGS="back_office"  our lists in Django's admin and its stock ones
    make bench ARGS="model"        how much a hanging model slows the pages, see `model.py`
    make bench ARGS="mail"         how well public test mail is read, see `mail/`
    make bench ARGS="survival"     mail delivered while processes are killed, see `mail/survival.py`
    make bench ARGS="throughput"   messages that one worker handles, see `mail/throughput.py`
    make bench ARGS="partitions"   a million tickets in one table and in months, see `scaling/`
    make bench ARGS="scaling"      several web servers, PgBouncer and a replica, see `scaling/`
    make bench ARGS="similar"      how well and how fast similar tickets are found, see `triage/`
    make bench ARGS="triage"       what triage costs, with the encoder and without it
    make bench ARGS="uploads"      how much memory a large upload takes, see `uploads.py`
    make bench ARGS="walks"        our modules that a request passes through, see `walks.py`

The first two fill a temporary database with generated tickets and time pairs of queries that have
the same result. They alternate between the two, so that changes in the machine's load affect both
alike, and print each pair's medians in milliseconds and their ratio.
"""

from __future__ import annotations

import argparse
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from bench import back_office, lists, model, uploads, walks  # noqa: E402  (needs the applications)
from bench.harness import compare, sample_database  # noqa: E402
from bench.mail import figures, survival, throughput  # noqa: E402
from bench.scaling import partitions, servers  # noqa: E402
from bench.triage import similar, speed  # noqa: E402

# These start what they measure themselves.
ALONE = {
    "model": model,
    "partitions": partitions,
    "scaling": servers,
    "similar": similar,
    "survival": survival,
    "triage": speed,
    "uploads": uploads,
    "walks": walks,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "what",
        nargs="?",
        choices=(*ALONE, "lists", "back_office", "mail", "throughput"),
        default="lists",
    )
    parser.add_argument("--data", default="", help="the public test mail, for mail")
    options = parser.parse_args()
    if options.what in ALONE:
        ALONE[options.what].main()
        return
    if options.what == "mail":
        figures.main(options.data)
        return
    if options.what == "throughput":
        with sample_database(options.tickets):
            throughput.main()
        return
    benchmark = {"lists": lists, "back_office": back_office}[options.what]
    with sample_database(options.tickets, *getattr(benchmark, "FILL", ())):
        print(f"{options.tickets:,} tickets, median of {options.rounds} rounds, in ms\n")
        compare(benchmark.pairs(options.tickets), options.rounds)


if __name__ == "__main__":
    main()
