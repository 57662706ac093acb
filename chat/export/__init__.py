"""Handing over what is held of a contact."""
