"""The data keys, in a store of their own."""
