"""What is said, as rows."""
