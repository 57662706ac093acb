"""Webhooks: programs of an account are told what happens, by a signed request each."""
