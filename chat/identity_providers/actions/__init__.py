"""What people may do with identity providers."""
