"""How far a transcript can be trusted: numbers by name, and the limits of Whisper's authors beyond which it is not.

Radford et al. 2022, arXiv:2212.04356, section 4.5.
"""

import zlib
from collections.abc import Iterator, Mapping

MEAN_LOG_PROBABILITY = "mean_log_probability"
"""Of the tokens of a transcript, or of the frames of a recording."""
COMPRESSION_RATIO = "compression_ratio"
NO_SPEECH = "no_speech_probability"
TEMPERATURE = "temperature"
"""Of the draws by which it was written; 0 without any."""
TRUST = (MEAN_LOG_PROBABILITY, COMPRESSION_RATIO, NO_SPEECH, TEMPERATURE)
"""Each is a column of predictions, where a model gives it."""

LEAST_LOG_PROBABILITY = -1.0
MOST_COMPRESSION = 2.4
MOST_NO_SPEECH = 0.6


def compression_ratio(text: str) -> float:
    """Bytes of a text, divided by those of its compressed form; texts that repeat themselves can be packed well."""
    content = text.encode()
    return len(content) / len(zlib.compress(content))


def doubts(trust: Mapping[str, float]) -> Iterator[str]:
    """What speaks against a transcript, in words."""
    if (quiet := trust.get(NO_SPEECH, 0.0)) > MOST_NO_SPEECH:
        yield f"probability that nobody speaks {quiet:.2f}"
    if (packed := trust.get(COMPRESSION_RATIO, 0.0)) > MOST_COMPRESSION:
        yield f"it repeats itself (compression ratio {packed:.1f})"
    if (certainty := trust.get(MEAN_LOG_PROBABILITY, 0.0)) < LEAST_LOG_PROBABILITY:
        yield f"mean log probability {certainty:.2f}"
    if (temperature := trust.get(TEMPERATURE, 0.0)) > 0:
        yield f"written again at temperature {temperature:g}"
