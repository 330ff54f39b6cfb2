"""The revisions, named after what they make and their number."""
