"""Measure how good a source of predictions is, on tickets whose right values are known."""
