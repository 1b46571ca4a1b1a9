"""Policies that come with the product, as files: one for every day, one for each level."""
