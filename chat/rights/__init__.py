"""Anybody's own data, by a mailed link."""
