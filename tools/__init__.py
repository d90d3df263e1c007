"""What a checkout needs and a deployment does not: the setup script and a fake model server."""
