"""What must hold while processes are killed and the database breaks: `make soak`.

The desk runs as `make run` starts it, on loopback. Each part has a module: `kills`, `jobs`,
`breakages`, `crowd` (half-open connections). `run` puts them together, and `report` writes
docs/soak.md.
"""
