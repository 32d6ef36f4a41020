"""Which features matter, and which smaller recipe does as well: judged on strokes held out."""
