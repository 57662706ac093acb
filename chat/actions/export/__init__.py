"""Deeds that hand over what is held of a contact."""
