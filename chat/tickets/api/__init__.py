"""Its HTTP, for programs and browsers."""
