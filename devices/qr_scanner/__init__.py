"""Scanners that speak lines of text: framing, marks around a text, triggers, settings."""
