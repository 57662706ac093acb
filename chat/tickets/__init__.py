"""What is said: tickets, messages, notes, and the sockets they travel on."""
