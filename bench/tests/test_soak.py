"""The desk while its processes are killed and its database breaks: a short form of `make soak`.

One desk is started, and goes through all of it. The tests look at what came of that. Times are not
judged, except by bounds that a machine keeps which is many times slower.
"""

import pytest

from bench.soak.breakages import BREAKAGES
from bench.soak.desk import DATABASE_PROCESS, WEB_PROCESS
from bench.soak.report import page, summary
from bench.soak.run import SHARES, Plan, soak

PLAN = Plan(
    kills=dict.fromkeys(SHARES, 1) | {WEB_PROCESS: 3, DATABASE_PROCESS: 2},
    jobs=200,
    worker_kills=3,
    breakages=dict.fromkeys(BREAKAGES, 1.5) | {"frozen": 6},
)
GENEROUS = 60  # seconds


@pytest.fixture(scope="module")
def result():
    return soak(PLAN, lambda *_: None, TRIAGE_ENCODER="0")


def test_jobs_of_killed_workers_are_done_once(result):
    jobs = result.jobs
    assert (jobs.queued, jobs.kills) == (PLAN.jobs, PLAN.worker_kills)
    assert (jobs.lacking, jobs.doubled, jobs.failed) == (0, 0, 0)
    assert max(jobs.rescues, default=0) < 2 * GENEROUS


def test_what_was_acknowledged_under_kills_is_there_once(result):
    kills = result.kills
    assert {kind: len(times) for kind, times in kills.times.items()} == PLAN.kills
    comparison = kills.comparison
    assert (comparison.lost, comparison.doubled) == ([], [])
    assert min(comparison.tickets, comparison.messages, comparison.files, comparison.mails) > 0
    assert max(kills.answers.values(), default=0) == 1


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_database_is_success_or_503(result, name):
    if name in result.left_out:
        pytest.skip("This account may not mount a file system to fill.")
    breakage = result.breakages[name]
    assert {status for status in breakage.statuses if status != 503} <= {200, 201}
    assert set(breakage.alive) == {200}
    assert breakage.slowest < GENEROUS
    assert breakage.first_success < GENEROUS


def test_the_page_has_a_table_for_each_part(result):
    conditions = {"command": "make soak", "date": "2026-11-29", "cores": 2}
    conditions |= {"load_before": 0.5, "load_after": 2.0}
    parts = {name: part | conditions for name, part in summary(result).items()}
    text = page(parts)
    for heading in ("Kills under load", "Jobs under kills", "A database that breaks"):
        assert f"\n## {heading}" in text
    assert "| frozen | 6 s | " in text
