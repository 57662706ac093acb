"""What people may do with it."""
