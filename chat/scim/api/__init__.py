"""SCIM 2.0 over HTTP."""
