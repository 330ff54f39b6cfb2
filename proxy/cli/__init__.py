"""The household's verbs, one module each; imported when called and never before."""
