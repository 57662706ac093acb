"""An organisation on this server, and its sites."""
