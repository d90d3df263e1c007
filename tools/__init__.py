"""What a checkout needs and a deployment does not: set-up and a fake model server."""
