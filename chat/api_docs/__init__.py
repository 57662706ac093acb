"""What programs may ask of this server: the OpenAPI document, and a page that reads it to people."""
