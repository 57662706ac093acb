"""Forgetting a contact."""
