"""What a person sees: the block page, its languages and its help services."""
