"""What several web servers, PgBouncer, a replica and partitions are worth. See docs/scaling.md."""
