"""Reading the audit log, and telling whether it is whole."""
