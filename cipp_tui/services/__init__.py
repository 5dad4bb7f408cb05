"""The verbs: read the fleet, compare, work, advise. They know the port, not who is behind it."""
