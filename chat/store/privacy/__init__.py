"""Consent, holds and erasures as rows."""
