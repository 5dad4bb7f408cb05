"""The disk: what must survive, and what is only remembered."""
