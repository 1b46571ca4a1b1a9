"""Radiometric cameras: what they record and send, bytes in, upright pictures out."""
