"""Is it sealed? Ways round the gate, tried from the device this runs on. Contacts others only when run."""
