"""What is drawn: sites from lists that the product was not given, and sealed sets. No list is shipped."""
