"""What the JSON API, the pages and the admin share: middleware, error responses, wording."""
