"""What is kept of a session after it has ended: rows, blobs, and the forms they leave in."""
