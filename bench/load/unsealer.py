"""One large bid opened as the server opens it, in a process of its own, whose memory is therefore its own.

Usage: python -m bench.load.unsealer SEALED KEY_HEX SHA256 OUT. Prints {"seconds": to hash and decrypt into nothing,
"whole": to open into the container OUT, "rss": peak in bytes}. Of a bid that is none only the first is measured.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from pathlib import Path

from hall.signing.opener import open_bid
from hall.signing.sealed_bid import decrypt_file


def main(sealed: Path, key: bytes, sha256: str, out: Path) -> None:
    began = time.monotonic()
    with sealed.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256
        file.seek(0)
        decrypt_file(file, key, lambda part: None)  # the commitment first
    seconds = time.monotonic() - began
    began = time.monotonic()
    open_bid(sealed, key, sha256, out)
    whole = time.monotonic() - began
    # Not ru_maxrss: that remembers the process which started this one.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(json.dumps({"seconds": seconds, "whole": whole, "rss": int(peak) * 1024}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
