"""The rule language: a policy file to one compiled decision function."""
