"""Who gets a ticket that is nobody's: whose turn it is, or who has least to do. Unanswered, it is given back."""
