"""Replies that agents keep for answering: what is asked often is written once."""
