"""From a scanned text to facts and a keyed subject; the text itself goes no further."""
