"""The site's trust while it runs and as commands see it: read, kept, filled, looked through."""
