"""Distributions that scoring pipelines need, by what a problem type reads. A problem type adds its own."""

IMAGE_SCORING = (
    "torch",
    "torchvision",
    "timm",
    "numpy",
    "pandas",
    "pyarrow",
    "charset-normalizer",
    "pillow",
    "pydantic",
    "pyyaml",
    "psutil",
    "jsonschema",
    "safetensors",
    "albumentations",
    "albucore",
    "opencv-python-headless",
    "simsimd",
    "stringzilla",
    "scikit-learn",
    "scipy",
    "huggingface-hub",
)

VOLUME_SCORING = (*IMAGE_SCORING, "nibabel", "pydicom")

AUDIO_SCORING = (*IMAGE_SCORING, "transformers", "tokenizers", "soundfile", "soxr")

TEXT_SCORING = (
    "torch",
    "transformers",
    "tokenizers",
    "numpy",
    "pandas",
    "pyarrow",
    "charset-normalizer",
    "pydantic",
    "pyyaml",
    "psutil",
    "safetensors",
    "scikit-learn",
    "scipy",
    "huggingface-hub",
)

SPEECH_SCORING = (*TEXT_SCORING, "pillow", "soundfile", "soxr", "jiwer")
