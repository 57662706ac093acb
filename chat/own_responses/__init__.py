"""Replies that an agent keeps for themselves: nobody else sees them, and they go with the agent."""
