"""CEL, the Common Expression Language: parsed, checked and compiled to Python's own syntax."""
