"""Puts the parts together: web, worker, command line, and the table of what follows which event."""
