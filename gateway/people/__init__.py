"""The estate's list of people, kept so that it can be asked and not read."""
