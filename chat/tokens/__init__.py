"""API tokens: what a program shows to act for an agent."""
