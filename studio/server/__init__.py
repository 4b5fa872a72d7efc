"""The server: guard, routes, stream. Speaks REST; imports neither torch nor anything of the compute side."""
