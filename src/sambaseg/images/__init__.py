"""Micrographs: reading any file as its pixels are, tiles of a pyramid on disk, display contrast, saving."""
