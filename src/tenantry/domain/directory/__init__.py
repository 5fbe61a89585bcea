"""Directory: reads that cross modules. Lists, searches and the full picture of a person. It never writes."""
