"""The encoder behind the feature family "learned": its weights, what it sees, and how it is computed."""
