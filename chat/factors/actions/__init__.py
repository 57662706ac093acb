"""What agents do with their second factors."""
