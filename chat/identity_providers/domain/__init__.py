"""What is pure here: what a provider's token must say, and who somebody is by it."""
