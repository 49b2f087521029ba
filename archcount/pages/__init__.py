"""Pages to look at: what a page of each kind is made of, as records."""
