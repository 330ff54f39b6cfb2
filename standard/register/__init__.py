"""Declarations, and room for assessments, certificates and the public register."""
