"""Deeds that save everything, and bring it back without what was forgotten since."""
