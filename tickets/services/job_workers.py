"""Two workers in one process: one runs the jobs on files, the other everything people wait for.

A scan waits for the scanner, and a thumbnail takes a part of a second for each image: a stranger
sends many at once. Each worker runs one job at a time, so files hold up nothing but files.
"""

from __future__ import annotations

import asyncio
from typing import Any

from procrastinate import App

from .jobs import FILES

DEFAULT = "default"  # the queue of jobs whose task names none


async def run_workers(app: App, **options: Any) -> None:
    """Run both until a signal comes or one of them fails. Each then finishes its job."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    queues = {task.queue for task in app.tasks.values()} | {DEFAULT}
    # The library lets one worker at a time listen to signals.
    for_files = options | {"queues": [FILES], "name": FILES, "install_signal_handlers": False}
    for_others = options | {"queues": sorted(queues - {FILES})}
    running = [
        asyncio.create_task(app.run_worker_async(**each)) for each in (for_others, for_files)
    ]
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for each in running:
        each.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result
