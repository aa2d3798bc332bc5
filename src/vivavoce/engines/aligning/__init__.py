"""When the words of a known text were said."""
