"""The end of an epidemic: what is about persons is destroyed, and a certificate says so."""
