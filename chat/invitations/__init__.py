"""Inviting people to answer for an account."""
