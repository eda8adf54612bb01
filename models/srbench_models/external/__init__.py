"""Other people's models by file: those that spandrel recognises, and ONNX graphs."""
