"""Who may: keys, tokens, and the gate that every request passes."""
