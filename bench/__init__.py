"""Benchmarks: each compares our way with the usual way in the same run."""
