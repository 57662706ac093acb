"""Backups, and back."""
