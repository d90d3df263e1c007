"""Triage of stored tickets: assessments, predictions, feedback, and what processes share."""
