"""Predict with this model: `python score.py predict --table FILE -o OUT`, or prove it: `python score.py verify`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from studio.scoring.pipeline import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
