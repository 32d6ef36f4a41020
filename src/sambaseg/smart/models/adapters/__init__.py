"""One file for each interface that Segment Anything models have as ONNX files."""
