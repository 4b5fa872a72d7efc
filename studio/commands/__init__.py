"""The commands: each speaks the REST API, of the running server or of one embedded for the time of the command."""
