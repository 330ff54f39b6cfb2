"""Declarations: what a supplier may sign of a run, and how anyone checks it without trusting a word of it.

Room is kept here for what two people and a register add: assessments, nonconformities over time, decisions,
certificates, the public register. A declaration is none of these and never calls itself certified.
"""
