"""Graphs and weights for onnxruntime."""
