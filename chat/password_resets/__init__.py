"""Setting a password by a link that is mailed or handed over."""
