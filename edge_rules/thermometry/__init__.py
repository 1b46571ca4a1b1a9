"""From pixels to one person's temperature: frames and times in, measurements out."""
