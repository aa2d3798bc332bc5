"""What comes in requests' bodies: bounded, taken apart, given to sessions."""
