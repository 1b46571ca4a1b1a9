"""Hostile expressions and policies, made from a seed: what a policy must bear without harm.

`python -m tests.edge_rules.policy.fuzzing --count 1000000 --seed 1` makes so many and says what it
found; `--only N` makes one case again.
"""
