"""`menshen simulate --virtual`: the whole gateway joined to a world in virtual time."""
