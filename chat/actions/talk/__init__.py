"""Deeds about what is said: arriving, writing, tickets, contacts, files and letters."""
