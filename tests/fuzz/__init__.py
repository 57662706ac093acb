"""Fuzzes every door of a running server: `python -m tests.fuzz`, or `./run fuzz`."""
