"""Notices, agreeing to them, receipts, withdrawing."""
