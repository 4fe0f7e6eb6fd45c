"""The oracles of figures' texts and of random programs stand in other folders."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[3]
for folder in (TESTS / "backends" / "diagram" / "scene", TESTS / "random"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
