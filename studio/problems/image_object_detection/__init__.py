"""Image object detection: boxes with classes in an image."""
