"""Detection: what every detector does, and building blocks of detectors over timm backbones."""
