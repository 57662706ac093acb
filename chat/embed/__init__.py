"""The chat in a page: the script that loads it, its frame, and what that asks at once."""
