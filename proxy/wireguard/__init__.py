"""WireGuard: a tunnel into the gate for each device, in user space; its key says whose device it is."""
