"""One small reader a list format; each turns text into entries that keep their file and line."""
