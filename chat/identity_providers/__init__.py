"""Identity providers: agents sign in where their organisation keeps its people (OpenID Connect)."""
