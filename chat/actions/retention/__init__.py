"""Deeds that end what is older than its days."""
