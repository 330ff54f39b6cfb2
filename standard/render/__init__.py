"""One report value in many forms: text, HTML, PDF, JUnit, OSCAL and EARL."""
