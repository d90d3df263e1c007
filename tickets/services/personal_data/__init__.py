"""What people may ask for: all that the desk has of them, or that it goes."""
