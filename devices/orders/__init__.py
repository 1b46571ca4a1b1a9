"""Orders of the alliance HQ: signed bytes in, orders out, without I/O."""
