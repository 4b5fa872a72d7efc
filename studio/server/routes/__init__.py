"""One router a resource. Routes are thin: they parse, call a service, and answer."""
