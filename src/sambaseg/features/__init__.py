"""The feature stack: what a pixel and its surroundings look like, as numbers a forest can learn from."""
