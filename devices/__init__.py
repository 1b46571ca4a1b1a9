"""What devices say: ids, units, readings, commands and their codecs, without I/O."""
