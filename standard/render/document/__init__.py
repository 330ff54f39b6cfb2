"""An edition as a readable document: one value of chapters and blocks, set as HTML and as PDF."""
