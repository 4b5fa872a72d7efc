"""What crosses the REST border, one module a resource."""
