"""The estate's own passes: their keys, which were handed out, cards, phones, revocation."""
