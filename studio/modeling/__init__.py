"""Building blocks of recipes: readers, transforms, backbones, losses, metrics. Everything here may use torch."""
