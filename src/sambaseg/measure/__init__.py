"""Measuring segmentations: fractions, regions, perimeters, chords and two-point correlation, in real units."""
