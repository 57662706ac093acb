"""Search over everything that agents may see: it reads what there is, and remembers nothing."""
