"""Deeds about what a contact may ask for: consent, erasure, and the record of both."""
