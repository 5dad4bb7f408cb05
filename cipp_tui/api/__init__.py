"""The wire: the port, and the backends behind it."""
