"""Images: reading, augmenting, normalizing, and backbones from timm."""
