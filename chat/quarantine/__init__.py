"""Messages that the filter holds, and an agent's word on them."""
