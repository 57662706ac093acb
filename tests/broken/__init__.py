"""Servers that break one promise each, on purpose: what tests for promises must find. Run like `chat`."""
