"""Cleaning segmentations up: filling holes, removing small regions, smoothing borders."""
