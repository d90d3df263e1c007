"""Sign-in with accounts of an OpenID Connect provider."""
