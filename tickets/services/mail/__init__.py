"""Email to requesters and agents: which event sends one, what it says, and how it is sent once."""
