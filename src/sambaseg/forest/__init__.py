"""The forest: trains on labelled pixels in milliseconds, predicts tile by tile, and goes into files and back."""
