"""What somebody may send who wants a text to cost more than its share, and what that costs."""
