"""Serve this model over HTTP: `python serve.py --port 8000`. The address /docs describes requests and answers."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from studio.scoring.serve import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent, sys.argv[1:]))
