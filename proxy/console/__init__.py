"""The web application for parents: pages and their JSON twins."""
