"""The ground floor: database, units of work, events, jobs, mail, errors, clock, ids. It knows nothing of identity."""
