"""Where next: places of an image where a new label would help most, with the reason for each."""
