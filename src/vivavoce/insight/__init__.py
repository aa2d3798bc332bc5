"""What is made of a transcript: summaries, answers, translations."""
