"""Contacts as agents see them: with their consents and tickets."""
