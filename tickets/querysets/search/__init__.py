"""The search: its grammar, how it reads texts, and the conditions that it becomes."""
