"""Deeds about the accounts' spam filters."""
