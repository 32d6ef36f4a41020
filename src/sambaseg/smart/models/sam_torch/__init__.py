"""The architecture of Segment Anything in plain PyTorch, for exporting checkpoints; nothing here runs otherwise."""
