"""Deeds of the audit log: entering, reading, checking."""
