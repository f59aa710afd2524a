"""Makes `recovery.json`: a recovery file with its passphrase, its sealed bid and the unencrypted copy, for the tests of
the hall's side and the browser's. The certificate's key is made at run time and forgotten."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path

from hall.rehearsal.demo_ca import issue_demo
from hall.signing import recovery, sealed_bid
from hall.signing.certificates import load_certificate

AT = 1_795_309_200_000
WORDS = "恢复口令 horse battery staple"


def main() -> None:
    recovery.ITERATIONS = 1000  # type: ignore[misc]  # a vector is opened often, and guards nothing
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = load_certificate(
            issue_demo(folder, bidders=2, now_ms=AT).bidders[1].certificate.read_bytes()
        )
        plain, out = folder / "plain", folder / "sealed"
        plain.write_bytes("投标文件 (any bytes)\n".encode())
        kept: list[tuple[bytes, bytes]] = []

        def keep(header: sealed_bid.SealedHeader, prefix: bytes, key: bytes) -> None:
            kept.append((recovery.make(header, prefix, key, WORDS), key))

        sealed_bid.seal(
            plain,
            out,
            tender="T-2026-001",
            lot="1",
            bidder="b2",
            name="乙",
            certificate=certificate,
            keep=keep,
        )
        vector = {
            "passphrase": WORDS,
            "file": json.loads(kept[0][0]),
            "content_key": kept[0][1].hex(),
            "sealed": base64.b64encode(out.read_bytes()).decode(),
            "copy": base64.b64encode(plain.read_bytes()).decode(),
        }
    path = Path(__file__).with_name("recovery.json")
    path.write_text(json.dumps(vector, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
