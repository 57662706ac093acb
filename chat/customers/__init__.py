"""Visitors who are signed in as customers where the chat is embedded: the secrets that prove it, and who they are."""
