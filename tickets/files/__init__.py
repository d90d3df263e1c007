"""Files that people send: received in chunks, their types, and what is refused.

Knows no model and no request.
"""
