"""Walks through the pages in a real browser; run apart, for Playwright's loop suffers no other."""
