"""Pages that ask for a second factor, or change it."""
