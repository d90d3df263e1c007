"""Freeze a server, as a machine that hangs."""

from contextlib import contextmanager

import psutil


@contextmanager
def frozen(pid):
    """Freeze a process and all that it has started during the block."""
    first = psutil.Process(pid)
    processes = [first, *first.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()
