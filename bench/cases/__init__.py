"""What is measured. Each case is a function that takes the bench and gives rows of the report."""
