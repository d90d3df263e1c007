"""Fill a desk with generated tickets of any number: `python -m bench.load --tickets 1000000`."""
