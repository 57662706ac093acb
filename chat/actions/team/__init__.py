"""Deeds about the account and those who answer for it."""
