"""Its pure parts."""
