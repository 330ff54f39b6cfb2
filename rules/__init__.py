"""What may be seen: addresses, lists, policy and one pure decision. No network, no clock, no database."""
