"""What the processes of a web server count together. The real server, without a database."""

import os
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

from config.shared_counts import PREFIX, free_slot
from config.tests.test_gunicorn import fetch, server, wait_until

SECRET = "a token for Prometheus, and long enough"


def metrics(address):
    headers = {"Authorization": f"Bearer {SECRET}"}
    request = urllib.request.Request(f"{address}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    return {family.name: family.samples for family in families}


def count(address):
    """Return how many pages were counted that all processes have answered."""
    samples = metrics(address)["desk_requests"]
    return sum(each.value for each in samples if each.labels["route"] == "api-docs")


def directories(pid):
    parents = {Path("/dev/shm"), Path(os.environ.get("TMPDIR", "/tmp"))}
    return [path for parent in parents for path in parent.glob(f"{PREFIX}{pid}-*")]


def test_processes_count_together_and_lose_nothing_when_they_are_killed():
    with server(WEB_WORKERS="2", METRICS_TOKEN=SECRET) as (address, process):
        wait_until(lambda: len(process.children()) == 2)
        sent = 0
        for _killed in range(3):
            for _ in range(20):
                assert fetch(address) == 200
                sent += 1
            with ThreadPoolExecutor(6) as threads:  # each waits for the database that is missing
                counts = set(threads.map(count, [address] * 6))
            assert counts == {sent}  # whichever process answers
            victims = process.children()
            for victim in victims:
                victim.kill()
            psutil.wait_procs(victims, timeout=60)
            wait_until(lambda: len(process.children()) == 2)
        assert count(address) == sent
        [directory] = directories(process.pid)
        # A process that replaces another one takes over its files.
        assert len(list(directory.glob("counter_*.db"))) <= 3
        samples = metrics(address)
        assert samples["desk_database_up"][0].value == 0
        assert "desk_tickets" not in samples
    assert directories(process.pid) == []


def test_the_files_of_a_server_that_was_killed_are_removed_by_the_next_one():
    with server(METRICS_TOKEN=SECRET) as (_, process):
        wait_until(lambda: process.children())
        children = process.children()
        process.kill()
        psutil.wait_procs([process, *children], timeout=60)
        assert directories(process.pid)
    with server(METRICS_TOKEN=SECRET):
        assert directories(process.pid) == []


def test_a_process_that_outlives_its_server_keeps_its_files():
    with server(METRICS_TOKEN=SECRET) as (_, process):
        wait_until(lambda: process.children())
        children = process.children()
        for child in children:
            child.suspend()  # as if it were busy with a request
        process.kill()
        psutil.wait_procs([process], timeout=60)
        with server(METRICS_TOKEN=SECRET):
            assert directories(process.pid)
        for child in children:
            child.resume()
        psutil.wait_procs(children, timeout=60)


def empty(directory):
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_requests_are_answered_and_counted_again_after_the_files_were_deleted():
    """Some systems empty /dev/shm or /tmp when an account signs out."""
    with server(METRICS_TOKEN=SECRET) as (address, process):
        wait_until(lambda: process.children())
        [directory] = directories(process.pid)
        empty(directory)
        assert fetch(address) == 200  # the first of this process, which has to make its files
        victims = process.children()
        for victim in victims:
            victim.kill()
        psutil.wait_procs(victims, timeout=60)
        assert fetch(address) == 200
        before = count(address)  # the first process may have taken its slot too late to lose any
        assert fetch(address) == 200
        assert count(address) == before + 1


class Worker:
    def __init__(self, slot):
        self.slot = slot


def test_a_slot_is_the_lowest_that_is_free():
    assert free_slot([]) == 0
    assert free_slot([Worker(0), Worker(2)]) == 1
    assert free_slot([Worker(1), Worker(0)]) == 2
