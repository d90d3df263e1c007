"""Run the benchmarks: `make bench`, or `make bench ARGS="desks --sizes 10000,1000000"`.

    desks        our desk beside the usual design, django-helpdesk and the limit, see `desks/`;
                 the default, which writes docs/benchmarks.md
    lists        queries on the table of tickets
    back_office  our lists in Django's admin and its stock ones
    counts       what the counts that the database keeps cost those who write, see `counts.py`
    model        how much a hanging model slows the pages, see `model.py`
    mail         how well public test mail is read, see `mail/`
    throughput   messages that one worker handles, see `mail/throughput.py`
    partitions   a million tickets in one table and in months, see `scaling/`
    scaling      several web servers, PgBouncer and a replica, see `scaling/`
    similar      how well and how fast similar tickets are found, see `triage/`
    space        what the desk's own database weighs, see `space.py`
    trail        what the audit trail costs a write, see `trail.py`
    triage       what triage costs, with the encoder and without it
    uploads      how much memory a large upload takes, see `uploads.py`
    walks        our modules that a request passes through, see `walks.py`

`lists` and `back_office` fill a temporary database with generated tickets and time pairs of queries
that have the same result. They alternate between the two, so that changes in the machine's load
affect both alike, and print each pair's medians in milliseconds and their ratio.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "of a benchmark on loopback")
django.setup()

from bench import back_office, counts, lists, model, space, trail, uploads, walks  # noqa: E402  (needs the applications)
from bench.desks import run as desks  # noqa: E402
from bench.harness import compare, sample_database  # noqa: E402
from bench.mail import figures, throughput  # noqa: E402
from bench.scaling import partitions, servers  # noqa: E402
from bench.triage import similar, speed  # noqa: E402

# These start what they measure themselves.
ALONE = {
    "model": model,
    "partitions": partitions,
    "scaling": servers,
    "similar": similar,
    "space": space,
    "triage": speed,
    "uploads": uploads,
    "walks": walks,
}
PAIRS = {"lists": lists, "back_office": back_office}


def main() -> None:
    options = parse()
    if options.what in ALONE:
        ALONE[options.what].main()
    elif options.what in PAIRS:
        benchmark = PAIRS[options.what]
        with sample_database(options.tickets, *getattr(benchmark, "FILL", ())):
            print(f"{options.tickets:,} tickets, median of {options.rounds} rounds, in ms\n")
            compare(benchmark.pairs(options.tickets), options.rounds)
    elif options.what == "mail":
        figures.main(options.data)
    elif options.what == "counts":
        counts.main(options.tickets, options.rounds, options.seconds)
    elif options.what == "trail":
        with sample_database(options.tickets):
            trail.main(options.rounds)
    elif options.what == "throughput":
        with sample_database(options.tickets):
            throughput.main()
    else:
        desks.main(
            desks.Options(
                options.sizes,
                options.rounds,
                options.seconds,
                options.keep,
                options.only,
                options.desks,
            )
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        usage='make bench ARGS="WHAT [OPTION ...]"',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = ("desks", *PAIRS, *ALONE, "counts", "mail", "throughput", "trail")
    parser.add_argument("what", nargs="?", choices=what, default="desks", metavar="WHAT")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each pair or route is timed"
    )
    group = parser.add_argument_group("desks")
    sizes = (10_000, 100_000, 1_000_000)
    group.add_argument("--sizes", type=_numbers, default=sizes, help="10000,100000,1000000")
    group.add_argument("--seconds", type=float, default=2, help="how long a route is timed")
    group.add_argument("--keep", type=Path, help="a directory whose desks later runs use again")
    group.add_argument("--only", type=_names, default=(), help="routes, such as list,stats")
    group.add_argument(
        "--desks",
        type=_names,
        default=("ours", "usual", "limit", "helpdesk"),
        help="ours,usual,limit,helpdesk",
    )
    pairs = parser.add_argument_group("lists, back_office, counts, throughput, trail")
    pairs.add_argument("--tickets", type=int, default=100_000)
    mail = parser.add_argument_group("mail")
    mail.add_argument("--data", default="", help="the directory of the public test mail")
    return parser.parse_args()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


if __name__ == "__main__":
    main()
