"""Whether an order of the HQ may be obeyed: pure."""
