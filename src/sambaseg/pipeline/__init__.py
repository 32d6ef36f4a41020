"""The pipeline: image and labels to a classifier, classifier and image to a segmentation, tile by tile."""
