"""Text in, suggestion out. Knows no Django model and no request."""
