"""Kill a process that writes, again and again, and look at what it leaves: `python kills.py FOLDER COUNT`.

Every child writes two files over and over, with contents of a version: a line that says how often it is
repeated. The parent kills it after a random time, and prints as JSON how many files were torn (0 is
right), in how many rounds a child died while something lay beside its files, and how many rounds found
one file new and one old.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from netdsl.files import write_together

LINES = 40_000


def content(version: int) -> bytes:
    return f"version {version:9}\n".encode() * LINES


def version_of(path: Path) -> int | None:
    """The version that a file holds; None if it is torn."""
    data = path.read_bytes()
    line = data[:18]
    whole = len(data) == 18 * LINES and data == line * LINES
    return int(line.split()[1]) if whole else None


def main(folder: Path, count: int) -> None:
    first, second = folder / "first.py", folder / "second.py"
    write_together([(first, content(0)), (second, content(0))])
    rng = random.Random(7)
    torn = amid = apart = 0
    for _ in range(count):
        child = os.fork()
        if child == 0:
            version = 1
            while True:
                data = content(version)
                write_together([(first, data), (second, data)])
                version += 1
        time.sleep(rng.uniform(0.001, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = [version_of(first), version_of(second)]
        torn += None in found
        apart += found[0] != found[1]
        left = [p for p in folder.iterdir() if p not in (first, second)]
        amid += bool(left)
        for path in left:
            path.unlink()
    print(json.dumps({"torn": torn, "amid": amid, "apart": apart, "kills": count}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
