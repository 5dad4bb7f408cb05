"""The nouns of the trade and the pure rules about them. Imports the standard library only."""
