"""The life of agents: their names, roles and departments, coming back, and going for good."""
