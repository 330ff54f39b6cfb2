"""What must be shown: the codified standard, its grading and its reports. Knows no product."""
