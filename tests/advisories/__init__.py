"""What went wrong in other chat servers, tried on this one: a file an advisory or a kind of them."""
