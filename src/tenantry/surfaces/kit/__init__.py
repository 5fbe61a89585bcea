"""What all doors share: who calls, opening units of work, limits, paging, pages and their assets."""
