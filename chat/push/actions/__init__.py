"""What people and the clock may do."""
