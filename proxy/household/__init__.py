"""People's state: accounts, devices, budgets used, overrides, requests for access."""
