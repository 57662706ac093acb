"""Its sockets."""
