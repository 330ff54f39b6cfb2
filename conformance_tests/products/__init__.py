"""Adapters: one YAML file a product, ours and strangers'."""
