"""One feature family a file; `sambaseg.features.table` lists them all."""
