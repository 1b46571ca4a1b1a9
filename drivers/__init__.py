"""How bytes travel: one module a link or product, found by entry points."""
