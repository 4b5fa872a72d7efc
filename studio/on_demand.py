"""NumPy, pandas and pyarrow, imported when something of them is first used.

Problem types, their settings and the lists of a home need none of them, and importing them takes longer than the rest
of a command. Modules that a command reads to know what there is take them from here.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
else:

    class _OnDemand:
        """Stands for a module until it is used, and passes everything on to it."""

        def __init__(self, name: str) -> None:
            self._name = name
            self._module: ModuleType | None = None

        def __getattr__(self, attribute: str) -> object:
            if self._module is None:
                self._module = importlib.import_module(self._name)
            return getattr(self._module, attribute)

    np, pd, pa, pq = (_OnDemand(name) for name in ("numpy", "pandas", "pyarrow", "pyarrow.parquet"))

__all__ = ["np", "pa", "pd", "pq"]
