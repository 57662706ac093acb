"""The agents: who they are, signing in, tokens and passwords."""
