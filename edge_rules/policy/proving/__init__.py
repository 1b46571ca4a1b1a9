"""Proofs about policies: decisions as formulas for the solver z3, which is an optional part."""
