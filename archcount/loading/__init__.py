"""Loading: a user's own model by reference, and the inputs that it is given."""
