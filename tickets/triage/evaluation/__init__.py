"""Measure how accurate a source of predictions is, on tickets whose values are known."""
