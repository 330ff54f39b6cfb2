"""Where a product stands: forward proxy, DNS resolver, gateway."""
