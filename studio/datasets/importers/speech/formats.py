"""The layouts of speech corpora that are read."""

from studio.datasets.importers.format import DatasetFormat
from studio.datasets.importers.speech.common_voice import COMMON_VOICE
from studio.datasets.importers.speech.kaldi import KALDI
from studio.datasets.importers.speech.librispeech import LIBRISPEECH
from studio.datasets.importers.speech.ljspeech import LJSPEECH
from studio.datasets.importers.speech.manifests import MANIFEST
from studio.datasets.importers.speech.metadata_tables import TRANSCRIBED_TABLES
from studio.datasets.importers.speech.vctk import VCTK

CORPORA: tuple[DatasetFormat, ...] = (LIBRISPEECH, COMMON_VOICE, LJSPEECH, VCTK, MANIFEST, TRANSCRIBED_TABLES, KALDI)
