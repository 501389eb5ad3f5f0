"""Who may what: passwords, tokens, and a limit to guessing."""
