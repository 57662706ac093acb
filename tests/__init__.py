"""Claims about Lethe, held by running the real thing: databases, Redis, a browser."""
