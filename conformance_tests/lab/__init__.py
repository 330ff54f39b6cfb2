"""The closed internet: names, sites, certificates, clients and the seal."""
