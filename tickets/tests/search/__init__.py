"""What a search finds, and how it reads texts."""
