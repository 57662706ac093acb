"""What was taken away, on record outside the database."""
