"""What an identity provider may do."""
