"""Questions about many rows: named QuerySet methods, pinned by query counts. Imports no model."""
