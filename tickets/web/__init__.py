"""What the API, the pages and the admin share around a request."""
