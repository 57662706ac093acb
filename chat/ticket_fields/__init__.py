"""The fields that an account gives its tickets beside those that each has."""
