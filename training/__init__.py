"""Training of a small network that finds boundaries in micrographs; not part of the package that users install.

`python -m training --size tiny` makes synthetic micrographs, trains, exports and evaluates in one go; see `README.md`.
"""
