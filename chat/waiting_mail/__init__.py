"""Mail to agents when a visitor has waited for long and nobody answers."""
