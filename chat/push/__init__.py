"""Web Push: agents are called on their devices while no window of the inbox is open there."""
