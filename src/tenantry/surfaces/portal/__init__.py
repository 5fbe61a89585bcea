"""The administrator's pages. Each calls the same actions and queries as the admin API, as whoever is signed in."""
