"""Smart labelling: what a click at a place would label, at three scales, from several kinds of suggesters."""
