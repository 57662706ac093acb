"""What agents may do with contacts: see them, and correct what is held of them."""
