"""The pages: the studio, `/connect`, `/docs`."""
