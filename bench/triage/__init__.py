"""How well and how fast triage understands texts, on texts that it was not made from."""
