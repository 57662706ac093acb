"""The account and its agents as rows."""
