"""What teaches the spam filter, as rows."""
