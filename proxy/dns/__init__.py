"""The DNS listener: questions answered by name with the same decision as everywhere else in the gate."""
