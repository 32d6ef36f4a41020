"""The kinds of scenes: each module paints one kind of microstructure, with the regions that a person sees in it."""
