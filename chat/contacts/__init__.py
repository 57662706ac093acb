"""The people who write in."""
