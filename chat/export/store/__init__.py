"""Its SQL."""
