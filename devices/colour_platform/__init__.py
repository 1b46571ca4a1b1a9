"""Colour codes: how a platform is asked about one, and what its answer means; no I/O."""
