"""Who acts and what they may do: actors, roles, groups, scopes and throttling."""
