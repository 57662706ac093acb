"""Its actions."""
