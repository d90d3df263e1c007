"""Email to requesters: which event sends one, what it says, and how it is sent only once."""
