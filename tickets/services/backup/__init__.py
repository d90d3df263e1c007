"""Archives of a whole desk, and desks made from archives."""
