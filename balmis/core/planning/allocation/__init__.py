"""Which doses go where and when; futures; what holds a target back."""
