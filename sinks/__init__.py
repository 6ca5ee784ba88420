"""Where streams end: one package for each destination."""
