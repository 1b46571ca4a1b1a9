"""What a `kill -9` costs: the whole gateway killed under load, again and again, and counted."""
