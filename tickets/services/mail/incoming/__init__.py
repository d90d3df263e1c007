"""Mail that comes in: stored first, then handled by a job.

`receive.receive` is where every way in ends.
"""
