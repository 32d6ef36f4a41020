"""How far a segmentation can be trusted: estimates from strokes held out, and phase fractions with intervals."""
