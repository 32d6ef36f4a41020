"""Who people are, what each may do, and what each owns. Local mode needs none of it."""
