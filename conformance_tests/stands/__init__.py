"""Where a product stands, and how a client there reaches the internet."""
