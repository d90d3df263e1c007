"""Benchmarks: each compares our way with the usual one, side by side in one run."""
