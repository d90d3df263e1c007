"""Benchmarks: each compares our way with the usual one in the same run."""
