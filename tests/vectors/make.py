"""Makes the vectors that hall and browser share: `python -m tests.vectors.make` writes acts.json and bidseal.json anew.

The keys are made at run time and forgotten: what stays are certificates, signatures, and fixed content keys.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from asn1crypto import cms as asn1_cms

from hall.procurement import canonical
from hall.procurement.acts import SignedAct
from hall.rehearsal.demo_ca import DemoIdentity, issue_demo
from hall.signing import cms, payload, sealed_bid, suite
from hall.signing.certificates import Certificate, load_certificate

HERE = Path(__file__).parent
AT = 1_795_309_200_000  # 2026-11-22 09:00 in Shanghai
CEK = bytes(range(32))
PREFIX = b"\xf0\xf1\xf2\xf3\xf4\xf5\xf6"
PLAINTEXT = "投标文件 (any bytes)\n".encode()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        pki = issue_demo(Path(directory), bidders=2, now_ms=AT)
        rsa, ec = pki.bidders
        _write("acts.json", _acts(rsa, ec))
        _write("bidseal.json", _bidseal(_certificate(rsa), _certificate(ec)))


def _write(name: str, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def _acts(rsa: DemoIdentity, ec: DemoIdentity) -> dict[str, object]:
    def made(who: DemoIdentity, **fields: object) -> SignedAct:
        act = SignedAct(
            origin="hall.example",
            certificate=who.sha256,
            server_nonce="0011223344556677" * 2,
            client_nonce="8899aabbccddeeff" * 2,
            **fields,  # type: ignore[arg-type]  # each call below gives the right types
        )
        key = suite.load_private_key(who.key.read_bytes())
        return act.with_signature(suite.sign(key, act.signed_bytes()))

    body = canonical.dumps({"cek": base64.b64encode(CEK).decode(), "甲": ["é", 1, True, None]}).decode()
    history = {"manifest": "5a" * 32, "tree_size": 4_294_967_297, "tree_root": "c3" * 32}
    place = {"tender": "T-2026-001", "lot": "1", "opening": "o-1", "deadline": AT + 3_600_000}
    release = {"type": "release", "body": body, "epoch": 1, **place, **history}
    named = {
        "a login with RSA": (rsa, made(rsa, type="login", body="{}")),
        "a login with P-256": (ec, made(ec, type="login", body="{}")),
        "a release with RSA": (rsa, made(rsa, **release)),
        "a release with P-256": (ec, made(ec, **release)),
        "a release without its body": (ec, made(ec, **release).without_body()),
        "Chinese names": (
            ec,
            made(ec, type="raise_objection", tender="演示项目", lot="一标段", body='{"text":"异议😀"}'),
        ),
    }
    valid = [
        {
            "name": name,
            "act": act.to_json(),
            "signed_bytes": act.signed_bytes().hex(),
            "certificate": base64.b64encode(who.certificate.read_bytes()).decode(),
        }
        for name, (who, act) in named.items()
    ]
    return {"valid": valid, "malformed": list(_malformed_acts(named["a release with P-256"][1].to_json()))}


def _malformed_acts(good: dict[str, object]) -> Iterator[dict[str, object]]:
    changes: list[tuple[str, dict[str, object]]] = [
        ("type", {"type": "unheard_of"}),
        ("origin", {"origin": "a\nb"}),
        ("tender", {"tender": "x" * 257}),
        ("lot", {"lot": 1}),
        ("opening", {"opening": None}),
        ("deadline", {"deadline": -1}),
        ("deadline", {"deadline": "1"}),
        ("epoch", {"epoch": 2**32}),
        ("manifest", {"manifest": "5A" * 32}),
        ("tree_size", {"tree_size": True}),
        ("tree_root", {"tree_root": "c3" * 31}),
        ("certificate", {"certificate": ""}),
        ("server_nonce", {"server_nonce": "zz" * 16}),
        ("client_nonce", {"client_nonce": "00" * 17}),
        ("body", {"body": None}),
        ("signature", {"signature": "YQ"}),
        ("signature", {"signature": "YR=="}),
        ("signature", {"signature": ""}),
        ("extra", {"extra": 1}),
    ]
    for field, change in changes:
        yield {"field": field, "act": good | change}


def _bidseal(rsa: Certificate, ec: Certificate) -> dict[str, object]:
    boundaries = (1, 2, 1_048_520, 1_048_521, 2_097_080, 2_097_081, 10_000_000_000)
    return {
        "certificates": {"rsa": base64.b64encode(rsa.der).decode(), "ec": base64.b64encode(ec.der).decode()},
        "valid": [_valid("rsa", rsa, PLAINTEXT), _valid("ec", ec, PLAINTEXT)],
        "damaged": list(_damaged(ec)),
        "malformed": [
            {"name": name, "prefix": base64.b64encode(prefix).decode(), "code": code}
            for name, prefix, code in _malformed_headers(ec)
        ],
        "malformed_envelopes": [
            {"name": name, "prefix": base64.b64encode(_framed(_fields(ec) | {"envelope": envelope})).decode()}
            for name, envelope in _malformed_envelopes(rsa, ec)
        ],
        "lengths": [
            {"header_len": 1000, "size": size, "segments": payload.segments(size), "file_length": length}
            for size in boundaries
            for length in [sealed_bid.expected_length(1000, size)]
        ],
    }


def _valid(kind: str, certificate: Certificate, plaintext: bytes) -> dict[str, object]:
    salt = hashlib.sha256(b"a fixed salt").digest()
    raw = _framed(_fields(certificate, len(plaintext)))
    body = _payload(raw, plaintext)
    tag = sealed_bid.release_tag(CEK, salt)
    return {
        "name": f"{kind}, {len(plaintext)} bytes",
        "certificate": kind,
        "cek": CEK.hex(),
        "salt": salt.hex(),
        "content": _content(salt).hex(),
        "aad": hashlib.sha256(raw).hexdigest(),
        "commit": suite.hkdf(CEK, salt=salt, info=b"bidseal/1 commit").hex(),
        "tag": tag.hex(),
        "tag_commit": hashlib.sha256(tag).hexdigest(),
        "header": base64.b64encode(raw).decode(),
        "payload": base64.b64encode(body).decode(),
        "plaintext": base64.b64encode(plaintext).decode(),
        "sha256": hashlib.sha256(raw + body).hexdigest(),
        "file_length": len(raw + body),
    }


def _damaged(certificate: Certificate) -> Iterator[dict[str, object]]:
    """Files whose header is right and whose payload is not; all with the content key of the valid ones."""
    raw = _framed(_fields(certificate, len(PLAINTEXT)))
    body = _payload(raw, PLAINTEXT)
    for name, at in (("stream header", 0), ("salt", 5), ("prefix", 35), ("ciphertext", 45), ("tag", -1)):
        changed = bytearray(body)
        changed[at] ^= 1
        file = base64.b64encode(raw + changed).decode()
        yield {"name": f"a bit of the {name}", "file": file, "code": "ciphertext_damaged", "segment": 0}
    for name, data in (("a byte too many", raw + body + b"\0"), ("a byte too few", (raw + body)[:-1])):
        yield {"name": name, "file": base64.b64encode(data).decode(), "code": "malformed_payload"}


def _payload(raw: bytes, plaintext: bytes) -> bytes:
    out = io.BytesIO()
    header = sealed_bid.parse_header(raw)
    payload.encrypt(
        io.BytesIO(plaintext),
        len(plaintext),
        out.write,
        cek=CEK,
        salt=header.salt,
        prefix=PREFIX,
        aad=header.aad,
    )
    return out.getvalue()


def _content(salt: bytes) -> bytes:
    """Spell the envelope's content out once more, so that the vectors don't merely repeat the code."""
    parts = (b"T-2026-001", b"1", b"b2", salt)
    context = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return b"bidseal/1 cek\0" + hashlib.sha256(context).digest() + CEK


def _fields(certificate: Certificate, size: int = len(PLAINTEXT)) -> dict[str, object]:
    salt = hashlib.sha256(b"a fixed salt").digest()
    tag_commit = hashlib.sha256(sealed_bid.release_tag(CEK, salt)).digest()
    return {
        "v": 1,
        "suite": "INTL",
        "tender": "T-2026-001",
        "lot": "1",
        "bidder": "b2",
        "name": "投标文件.zip",
        "size": size,
        "recipient": certificate.sha256,
        "signer": certificate.sha256,
        "salt": base64.b64encode(salt).decode(),
        "envelope": base64.b64encode(cms.build_envelope(_content(salt), certificate)).decode(),
        "commit": base64.b64encode(suite.hkdf(CEK, salt=salt, info=b"bidseal/1 commit")).decode(),
        "tag_commit": base64.b64encode(tag_commit).decode(),
    }


def _framed(fields: dict[str, object] | bytes) -> bytes:
    text = fields if isinstance(fields, bytes) else canonical.dumps(fields)
    return sealed_bid.MAGIC + len(text).to_bytes(4, "big") + text


def _malformed_headers(certificate: Certificate) -> Iterator[tuple[str, bytes, str]]:
    fields = _fields(certificate)
    good = canonical.dumps(fields)
    prefix = _framed(good)
    bad = "malformed_header"
    yield "nothing", b"", "not_a_sealed_bid"
    yield "a plain PDF", b"%PDF-1.7 and more of it", "not_a_sealed_bid"
    yield "a ZIP", b"PK\x03\x04 and more of it", "not_a_sealed_bid"
    yield "another version's magic", b"BIDSEAL2" + prefix[8:], "not_a_sealed_bid"
    yield "no length", prefix[:10], "not_a_sealed_bid"
    yield "a length of zero", sealed_bid.MAGIC + bytes(4), bad
    yield "a length beyond 64 KiB", sealed_bid.MAGIC + (65537).to_bytes(4, "big") + b" " * 65537, bad
    yield "an end inside the header", prefix[:-1], bad
    yield "a byte order mark", _framed(b"\xef\xbb\xbf" + good), bad
    yield "bytes that are no UTF-8", _framed(good.replace("投".encode(), b"\xff\xfe\xfd")), bad
    yield "half a surrogate pair", _framed(good.replace("投".encode(), b"\\ud800")), bad
    yield "no JSON", _framed(b"{"), bad
    yield "a list", _framed(b"[" + good + b"]"), bad
    yield "two objects", _framed(good + good), bad
    yield "a byte behind the object", _framed(good + b"\0"), bad
    yield "white space in front", _framed(b" " + good), bad
    yield "white space inside", _framed(good.replace(b'"v":1', b'"v": 1')), bad
    yield (
        "keys in another order",
        _framed(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()),
        bad,
    )
    yield "a character escaped without need", _framed(good.replace(b'"b2"', b'"\\u00622"')), bad
    yield "a key twice", _framed(good.replace(b'"v":1', b'"v":1,"v":1')), bad
    yield "a key twice, once escaped", _framed(good.replace(b'"v":1', b'"\\u0076":1,"v":1')), bad
    yield "two sizes", _framed(good.replace(b'"size":', b'"size":1,"size":')), bad
    yield "a key too many", _framed(fields | {"x": 1}), bad
    for key in sorted(fields):
        yield f"no {key}", _framed({name: value for name, value in fields.items() if name != key}), bad
        yield f"a list as {key}", _framed(fields | {key: [fields[key]]}), bad
        yield f"null as {key}", _framed(fields | {key: None}), bad
    size = str(len(PLAINTEXT)).encode()
    for literal in (
        size + b".0",
        size + b"e0",
        b"0" + size,
        b"-1",
        b"-0",
        b"1e400",
        b"9007199254740993",
        b"NaN",
    ):
        text = good.replace(b'"size":' + size, b'"size":' + literal)
        yield f"a size of {literal.decode()}", _framed(text), bad
    yield "a suite of pairs without a pair", _framed(fields | {"suite": "GM"}), bad
    changes: list[tuple[str, object]] = [
        ("v", 2),
        ("v", "1"),
        ("v", True),
        ("suite", "intl"),
        ("size", str(len(PLAINTEXT))),
        ("size", 0),
        ("size", 2**40 + 1),
        ("recipient", certificate.sha256.upper()),
        ("recipient", certificate.sha256[:-1]),
        ("signer", "00" * 32),
        ("signer", certificate.sha256 + "\n"),
    ]
    for key in ("tender", "lot", "bidder", "name"):
        changes += [(key, ""), (key, 1), (key, "甲" * 86), (key, "a\nb"), (key, "a\u202eb"), (key, "a\x7fb")]
    for key in ("salt", "commit", "tag_commit"):
        value = str(fields[key])
        changes += [
            (key, ""),
            (key, value[:-4]),
            (key, value.rstrip("=")),
            (key, value + "\n"),
            (key, value + value),
        ]
        changes += [(key, value[:-2] + chr(ord(value[-2]) + 1) + "="), (key, "-" + value[1:])]
    changes += [("envelope", ""), ("envelope", str(fields["envelope"]) + "\n")]
    for key, changed in changes:
        yield f"{key} = {str(changed)[:24]!r}", _framed(fields | {key: changed}), bad


def _malformed_envelopes(rsa: Certificate, ec: Certificate) -> Iterator[tuple[str, str]]:
    """Headers that are right but for the envelope; the code is `malformed_cms`."""
    good = cms.build_envelope(b"content", ec)
    other = cms.build_envelope(b"content", rsa)

    def joined(first: bytes, second: bytes) -> bytes:
        info = asn1_cms.ContentInfo.load(first)
        recipients = info["content"]["recipient_infos"]
        recipients.append(asn1_cms.ContentInfo.load(second)["content"]["recipient_infos"][0])
        return bytes(info.dump(force=True))

    def two_keys(envelope: bytes) -> bytes:
        info = asn1_cms.ContentInfo.load(envelope)
        keys = info["content"]["recipient_infos"][0].chosen["recipient_encrypted_keys"]
        keys.append(keys[0].copy())
        return bytes(info.dump(force=True))

    made = {
        "no DER": b"\x00\x01\x02",
        "an empty SEQUENCE": b"\x30\x00",
        "a byte behind it": good + b"\0",
        "an end inside it": good[:-1],
        "two recipients": joined(good, other),
        "the same recipient twice": joined(good, good),
        "two keys for one agreement": two_keys(good),
        "a signature instead": cms.sign_detached(
            b"content", ec, lambda data: bytes(63) + b"\x01", signed_at=AT
        ),
    }
    for name, data in made.items():
        yield name, base64.b64encode(data).decode()


def _certificate(who: DemoIdentity) -> Certificate:
    return load_certificate(who.certificate.read_bytes())


if __name__ == "__main__":
    main()
