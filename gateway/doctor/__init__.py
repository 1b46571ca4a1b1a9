"""What is missing or badly set on this machine, and how to mend it."""
