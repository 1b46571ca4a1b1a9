"""Upwards: what the alliance HQ hears of an estate, which is counts and never people."""
