"""Measuring a live transcriber as its users meet it: `vivavoce bench` and `make bench`."""
