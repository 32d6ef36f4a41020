"""The built-in suggester: small regions between boundaries, joined by several trees; no weights to fetch."""
