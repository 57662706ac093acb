"""Views of the inbox that agents keep: filters under a name, for themselves or for their colleagues."""
