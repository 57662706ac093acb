"""Users and filters as SCIM says them."""
