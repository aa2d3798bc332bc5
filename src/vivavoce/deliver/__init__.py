"""What is sent to others: e-mail, webhooks."""
