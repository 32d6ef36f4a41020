"""Labels: which class a person gave to which pixels, as sparse tiles, and the differences that steps make."""
