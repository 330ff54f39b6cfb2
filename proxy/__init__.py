"""The gate: a filtering proxy a family can run. The only room that knows mitmproxy."""
