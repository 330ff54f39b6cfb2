"""Stairgate as a service of the system: started at boot, and as the way out of a home network."""
