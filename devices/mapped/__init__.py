"""Vendors' own JSON, mapped to readings by the site file: pointers, words, units; no code."""
