"""Parts of an account, with days of their own."""
