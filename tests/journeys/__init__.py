"""Stories told against a really started server."""
