"""Files of an upload: archives, discovery, what is rejected."""
