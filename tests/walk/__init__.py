"""A walk through every door that writes: valid requests, one after the other, each in a state that fits."""
