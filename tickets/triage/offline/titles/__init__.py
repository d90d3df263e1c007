"""Titles without a model, see `suggestion.py`."""
