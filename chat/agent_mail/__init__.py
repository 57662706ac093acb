"""Mail to agents about their own account."""
