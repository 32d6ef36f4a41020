"""sambaseg: trainable segmentation of micrographs in the browser, on the command line and in Python."""

__version__ = "0.1.0"
