"""Makes the vectors of the suite GM: `python -m tests.vectors.make_gm` writes gm.json anew.

The recipient's key is the published example of GB/T 32918.5, so that both sides can open what the vectors hold.
`gm_browser.json` is the other direction: what the browser sealed to the same key, kept as it was made.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asn1crypto import pem

from hall.procurement import canonical
from hall.rehearsal import demo_gm
from hall.signing import cms, gm, gm_keys, payload, sealed_bid
from hall.signing.certificates import load_certificate

HERE = Path(__file__).parent
AT = 1_795_309_200_000
CEK = bytes(range(32))
PREFIX = b"\xf0\xf1\xf2\xf3\xf4\xf5\xf6"
PLAINTEXT = "投标文件 (any bytes)\n".encode()
EXAMPLE = gm.PrivateKey(
    bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
    gm.PublicKey(
        bytes.fromhex(
            "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
            "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
        )
    ),
)


def main() -> None:
    text = json.dumps(_vectors(), ensure_ascii=False, indent=1)
    (HERE / "gm.json").write_text(text + "\n", encoding="utf-8")


def _vectors() -> dict[str, object]:
    texts = [b"", b"abc", b"a" * 55, b"a" * 56, b"a" * 64, "国密".encode() * 40]
    salt, key, nonce = hashlib.sha256(b"a fixed salt").digest(), CEK[:16], bytes(range(12))
    sealed = []
    for plain in (b"x", b"y" * 16, b"z" * 17, b"w" * 1000):
        out = bytearray(len(plain) + gm.TAG)
        gm.Sm4Gcm(key).encrypt_into(nonce, plain, None, memoryview(out))
        sealed.append({"key": key.hex(), "nonce": nonce.hex(), "plain": plain.hex(), "sealed": out.hex()})
    return {
        "sm3": [{"data": text.hex(), "digest": gm.sm3(text).hex()} for text in texts],
        "hkdf": [
            {
                "key": CEK.hex(),
                "salt": salt.hex(),
                "info": info.hex(),
                "length": length,
                "out": gm.hkdf(CEK, salt=salt, info=info, length=length).hex(),
            }
            for info, length in ((b"bidseal/1 commit", 32), (b"", 16), (b"i" * 32, 16))
        ],
        "sm4_gcm": sealed,
        "sm2": {
            "secret": EXAMPLE.secret.hex(),
            "public": EXAMPLE.public.point.hex(),
            "signed": [{"data": text.hex(), "signature": gm.sign(EXAMPLE, text).hex()} for text in texts[1:]],
            "encrypted": [
                {"plain": text.hex(), "cipher": gm.encrypt(EXAMPLE.public, text).hex()} for text in texts[1:4]
            ],
        },
        "bid": (bid := _bid(salt)),
        "pair": {"file": bid.pop("pair"), "password": "demo1234", "data": "甲方 signs"},
    }


def _bid(salt: bytes) -> dict[str, object]:
    now = datetime.fromtimestamp(AT // 1000, UTC)
    validity = demo_gm._Validity(now - timedelta(days=1), now + timedelta(days=730))
    issuer = demo_gm._authority("招投标演示国密签发CA", None, validity)
    subject = demo_gm._name("演示甲建设有限公司", "演示甲建设有限公司", "91000000GM00000000")
    signing = gm.generate()
    signer, recipient = (
        demo_gm._certificate(subject, public, issuer, validity, usages)
        for public, usages in ((signing.public, demo_gm._SIGNING), (EXAMPLE.public, demo_gm._ENCRYPTION))
    )
    one, other = load_certificate(signer), load_certificate(recipient)
    parts = (b"T-2026-001", b"1", b"b2", salt)
    context = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    content = b"bidseal/1 cek\0" + hashlib.sha256(context).digest() + CEK
    tag = gm.hkdf(CEK, salt=salt, info=b"bidseal/1 release tag")
    text = canonical.dumps(
        {
            "v": 1,
            "suite": "GM",
            "tender": "T-2026-001",
            "lot": "1",
            "bidder": "b2",
            "name": "投标文件.zip",
            "size": len(PLAINTEXT),
            "recipient": other.sha256,
            "signer": one.sha256,
            "salt": base64.b64encode(salt).decode(),
            "envelope": base64.b64encode(cms.build_envelope(content, other)).decode(),
            "commit": base64.b64encode(gm.hkdf(CEK, salt=salt, info=b"bidseal/1 commit")).decode(),
            "tag_commit": base64.b64encode(hashlib.sha256(tag).digest()).decode(),
        }
    )
    head = sealed_bid.MAGIC + len(text).to_bytes(4, "big") + text
    out = io.BytesIO()
    aad = hashlib.sha256(head).digest()
    source = io.BytesIO(PLAINTEXT)
    payload.encrypt(source, len(PLAINTEXT), out.write, cek=CEK, salt=salt, prefix=PREFIX, aad=aad, suite="GM")
    signature = cms.sign_detached(PLAINTEXT, one, lambda data: gm.sign(signing, data), signed_at=AT)
    return {
        "signer": base64.b64encode(signer).decode(),
        "recipient": base64.b64encode(recipient).decode(),
        "cek": CEK.hex(),
        "content": content.hex(),
        "tag": tag.hex(),
        "plaintext": base64.b64encode(PLAINTEXT).decode(),
        "file": base64.b64encode(head + out.getvalue()).decode(),
        "sha256": hashlib.sha256(head + out.getvalue()).hexdigest(),
        "summary_p7s": base64.b64encode(signature).decode(),
        "pair": base64.b64encode(
            pem.armor("CERTIFICATE", signer)
            + gm_keys.write(signing, "demo1234", rounds=1000)
            + pem.armor("CERTIFICATE", recipient)
            + gm_keys.write(EXAMPLE, "demo1234", rounds=1000)
        ).decode(),
    }


if __name__ == "__main__":
    main()
