"""Which statuses still want work, and which do not; `Status` itself stands in the models."""

UNFINISHED, DONE = ("open", "in_progress"), ("resolved", "closed")
