"""Detection: each observation is scored against its own series' past, as it comes."""
