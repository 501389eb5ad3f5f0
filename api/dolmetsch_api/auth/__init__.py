"""Who may what: passwords, tokens, a limit to guessing; the routes of logins."""
