"""Pictures of agents, which visitors see beside their names."""
