"""A third verifier's core, built from the tables of docs/bundle-format.md alone: nothing of the hall is imported here.

It proves that the document is enough. What the tables name (members, keys of the head and of rows, bodies by kind, the
fields of an act, the lines of an index) is read out of them; hashing and signatures are the standard library and
`cryptography`. `faults(bundle, trust)` gives what does not hold; an empty list is a pass.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DOCUMENT = Path(__file__).parents[2] / "docs/bundle-format.md"
ZEROS = "00" * 32
NAMED = ("2.5.4.5", "2.5.4.10")


# the document


@cache
def tables() -> dict[str, list[list[str]]]:
    """Every table of the document: its first column's title -> rows of cells."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            rows = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if rows is None:
            rows = found.setdefault(cells[0], [])
        elif not set(cells[0]) <= {"-", " "}:
            rows.append(cells)
    return found


def word(cell: str) -> str:
    """What stands between the first two backticks."""
    return cell.split("`")[1]


@cache
def keys_of(title: str) -> dict[str, Any]:
    """A table of keys and types, the types read."""
    return {word(key): Shape(kind).read() for key, kind, *_ in tables()[title]}


@cache
def bodies() -> dict[tuple[str, str, int], dict[str, Any]]:
    """(stream of, kind, version) -> the body's keys and types."""
    found = {}
    for stream, kind, version, body in tables()["stream of"]:
        shape = {} if body == "empty" else Shape("{" + body.replace("`", "") + "}").read()
        found[word(stream), word(kind), int(version)] = shape
    return found


class Shape:
    """Reads the notation of types: text, int, bool, act, object, [T], T?, {key: T, …}."""

    def __init__(self, text: str) -> None:
        self.tokens = re.findall(r"\w+|[\[\]{}:,?]", text)

    def read(self) -> Any:
        token = self.tokens.pop(0)
        shape: Any = token
        if token == "[":
            shape = [self.read()]
            self.tokens.pop(0)
        elif token == "{":
            shape = {}
            while (key := self.tokens.pop(0)) != "}":
                if key != ",":
                    self.tokens.pop(0)
                    shape[key] = self.read()
        if self.tokens[:1] == ["?"]:
            self.tokens.pop(0)
            return ("maybe", shape)
        return shape


PLAIN = {"text": str, "int": int, "bool": bool, "object": dict}


def fits(value: Any, shape: Any) -> bool:
    """Whether a value has a shape."""
    match shape:
        case ("maybe", inner):
            return value is None or fits(value, inner)
        case [inner]:
            return isinstance(value, list) and all(fits(item, inner) for item in value)
        case dict():
            return (
                isinstance(value, dict)
                and value.keys() == shape.keys()
                and all(fits(value[key], shape[key]) for key in shape)
            )
        case "act":
            return isinstance(value, dict) and set(value) == {*act_fields(), "body", "signature"}
        case _:
            return type(value) is PLAIN[shape]


@cache
def act_fields() -> dict[str, str]:
    """An act's fields in the order in which they are signed, and their forms."""
    return {word(name): form for name, form in tables()["field of an act"]}


# the bundle


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def lines(data: bytes) -> list[bytes]:
    if not data.endswith(b"\n"):
        raise ValueError("torn")
    return data.split(b"\n")[:-1]


def read(text: bytes) -> Any:
    value = json.loads(text)
    if canonical(value) != text:
        raise ValueError("not canonical")
    return value


def root(leaves: list[bytes]) -> bytes:
    """RFC 9162, by its definition."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1", root(leaves[:split]), root(leaves[split:]))


def faults(bundle: Path, trust: dict[str, Any] | None = None) -> list[str]:
    """Everything in the bundle that breaks a rule of the document's tables."""
    try:
        with zipfile.ZipFile(bundle) as opened:
            members = {info.filename: opened.read(info) for info in opened.infolist()}
            stored = all(info.compress_type == zipfile.ZIP_STORED for info in opened.infolist())
        found = list(_head(members, trust)) if stored else ["compressed"]
        return found or [*_journal(members, json.loads(members["bundle.json"])), *_recordings(members)]
    except Exception as error:
        return [f"unreadable: {type(error).__name__} {error}"]


def _head(members: dict[str, bytes], trust: dict[str, Any] | None) -> Iterator[str]:
    head, shapes = read(members["bundle.json"]), dict(keys_of("key of bundle.json"))
    optional = {"entitlement", "holder"}
    if not shapes.keys() - optional <= head.keys() <= shapes.keys():
        yield "head: its keys"
    if not all(fits(head[key], shapes[key]) for key in head) or head["v"] != 1:
        yield "head: its types"
    entitlements = [word(row[0]) for row in tables()["entitlement"]]
    whom = head.get("entitlement", "regulator")
    if whom not in entitlements or ("holder" in head) != (whom == "bidder"):
        yield "head: made for nobody"
    for key in ("origin", "mode", "log_key", "ca_roots", "tsa_roots") if trust else ():
        if head[key] != trust[key]:
            yield f"head: {key} is not the published one"
    listed = {item["path"]: item for item in head["members"]}
    if listed.keys() != members.keys() - {"bundle.json"}:
        yield "head: other members"
    patterns = [word(row[0]).split("<")[0] for row in tables()["member"]]
    for name, item in listed.items():
        data = members.get(name, b"")
        if (sha256(data).hex(), len(data)) != (item["sha256"], item["size"]):
            yield f"{name}: altered"
        if not any(name.startswith(pattern) for pattern in patterns):
            yield f"{name}: of no kind"
        if name.startswith(("certificates/", "revocation/")) and sha256(data).hex() not in name:
            yield f"{name}: another name"


def _journal(members: dict[str, bytes], head: dict[str, Any]) -> Iterator[str]:
    leaves: list[bytes] = []
    rows: list[dict[str, Any]] = []
    last: dict[str, tuple[int, str]] = {}
    streams = {
        word(row[0]).replace("<tender>", head["tender"]).replace("<opening>", head["opening"])
        for row in tables()["stream"]
    }
    for number, text in enumerate(lines(members["journal.jsonl"]), 1):
        line = read(text)
        if line.keys() == {"leaf"} and head.get("entitlement", "regulator") != "regulator":
            leaves.append(bytes.fromhex(line["leaf"]))
            continue
        row = line["row"]
        if line.keys() != {"salt", "row"} or not fits(row, keys_of("key of a row")):
            yield f"line {number}: no row"
        domain = row["stream"].partition("/")[0]
        shape = bodies().get((domain, row["kind"], row["version"]))
        if row["stream"] not in streams or shape is None or not fits(row["body"], shape):
            yield f"line {number}: not the shape of {row['kind']}"
        seq, prev = last.get(row["stream"], (0, ZEROS))
        follows = row["prev"] == prev if row["seq"] == seq + 1 else bytes.fromhex(row["prev"]) in leaves
        if row["seq"] <= seq or not follows:
            yield f"line {number}: no link"
        salt = bytes.fromhex(line["salt"])
        yield from (f"line {number}: {fault}" for fault in _act(row, leaves, members, head))
        leaves.append(sha256(b"\0", salt, canonical(row)))
        last[row["stream"]] = (row["seq"], leaves[-1].hex())
        rows.append(row)
    yield from _checkpoints(members, head, leaves)
    yield from _named(rows, members)
    yield from _releases(rows, members)
    plan = next(row["body"] for row in rows if row["kind"] == "OpeningScheduled")
    if any(plan[key] != head[key] for key in ("tender", "opening", "origin", "mode")):
        yield "head: of another opening"
    if "holder" in head and not any(row["actor"] == f"bidder:{head['holder']}" for row in rows):
        yield "head: made for somebody else"


def _act(
    row: dict[str, Any], leaves: list[bytes], members: dict[str, bytes], head: dict[str, Any]
) -> Iterator[str]:
    act = row["body"].get("act")
    if not act:
        return
    if act["body"] is not None and sha256(act["body"].encode()).hex() != act["body_digest"]:
        yield "another body"
    size = act["tree_size"]
    if size and (size > len(leaves) or root(leaves[:size]).hex() != act["tree_root"]):
        yield "another history"
    der = members.get(f"certificates/{act['certificate']}.der")
    if der is None:
        if "entitlement" not in head or row["actor"] == f"bidder:{head.get('holder')}":
            yield "no certificate"
        return
    forms = {
        "utf8": lambda v: v.encode(),
        "hex": bytes.fromhex,
        "u64be": lambda v: v.to_bytes(8, "big"),
        "u32be": lambda v: v.to_bytes(4, "big"),
    }
    fields = [forms[form](act[name]) for name, form in act_fields().items()]
    signed = b"bidhall/1\0" + b"".join(len(one).to_bytes(4, "big") + one for one in fields)
    if not _signed(der, signed, base64.b64decode(act["signature"], validate=True)):
        yield "bad signature"


def _signed(der: bytes, data: bytes, signature: bytes) -> bool:
    if _curve_point(der):
        return _sm2(_curve_point(der), data, signature)
    key = x509.load_der_x509_certificate(der).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


# SM2 with SM3 (GB/T 32918), by the page's numbers


@cache
def curve() -> dict[str, int]:
    """The curve's parameters, as the document gives them."""
    return {word(name): int(word(value), 16) for name, value in tables()["of SM2"]}


Point = tuple[int, int] | None


def _sum(one: Point, other: Point) -> Point:
    p, a = curve()["p"], curve()["a"]
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % p == 0:
        return None
    steep = (3 * x1 * x1 + a) * pow(2 * y1, -1, p) if one == other else (y2 - y1) * pow(x2 - x1, -1, p)
    x = (steep * steep - x1 - x2) % p
    return x, (steep * (x1 - x) - y1) % p


def _times(number: int, point: Point) -> Point:
    found: Point = None
    while number:
        if number & 1:
            found = _sum(found, point)
        number, point = number >> 1, _sum(point, point)
    return found


def _sm2(point: bytes, data: bytes, signature: bytes) -> bool:
    n, sizes = curve()["n"], {name: value.to_bytes(32, "big") for name, value in curve().items()}
    who = b"1234567812345678"
    whose = b"\x00\x80" + who + b"".join(sizes[name] for name in ("a", "b", "x", "y")) + point
    digest = hashlib.new("sm3", hashlib.new("sm3", whose).digest() + data).digest()
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if len(signature) != 64 or not 0 < r < n or not 0 < s < n or (r + s) % n == 0:
        return False
    key = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    found = _sum(_times(s, (curve()["x"], curve()["y"])), _times((r + s) % n, key))
    return found is not None and (int.from_bytes(digest, "big") + found[0]) % n == r


@cache
def _parts(der: bytes) -> tuple[bytes, bytes, bytes]:
    """Issuer, subject and public key of a certificate, as they are encoded."""
    inner = _items(_items(der)[0])
    first = 1 if inner[0][0] == 0xA0 else 0
    issuer, subject, key = (inner[first + place] for place in (2, 4, 5))
    return issuer, subject, key


def _items(der: bytes) -> list[bytes]:
    """What lies in a DER sequence."""
    rest, found = _content(der)[0], []
    while rest:
        size = len(rest) - len(_content(rest)[1])
        found.append(rest[:size])
        rest = rest[size:]
    return found


def _content(der: bytes) -> tuple[bytes, bytes]:
    """What an item holds, and what follows it."""
    start, length = 2, der[1]
    if length >= 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    return der[start : start + length], der[start + length :]


def _curve_point(der: bytes) -> bytes:
    """x | y of an SM2 key, nothing for another."""
    key, head = _parts(der)[2], bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
    return key[len(head) :] if key.startswith(head) else b""


def _releases(rows: list[dict[str, Any]], members: dict[str, bytes]) -> Iterator[str]:
    """Whose key released each bid: the one it is sealed to, its pair, its renewal, or what a recovery file has."""
    plan = next(row["body"] for row in rows if row["kind"] == "OpeningScheduled")
    sealed: dict[tuple[str, str], str] = {}
    for number, row in enumerate(rows):
        body, act = row["body"], row["body"].get("act")
        match row["kind"]:
            case "DepositReceived":
                sealed[body["deposit"]["lot"], body["deposit"]["bidder"]] = body["deposit"]["recipient"]
            case "DepositWithdrawn":
                sealed.pop((body["lot"], body["bidder"]), None)
            case "ReleaseReceived":
                about = (body["lot"], body["bidder"])
                other = _other_key(about, act["certificate"], sealed.get(about, ""), rows[:number], members)
                remedy = plan["rules"].get("remedy") if other == "recovery_file" else ""
                if (
                    act["type"] != "release"
                    or other is None
                    or (other == "recovery_file" and remedy != other)
                ):
                    yield f"release of {about[1]}: by nobody's key"


def _other_key(
    about: tuple[str, str],
    signer: str,
    recipient: str,
    before: list[dict[str, Any]],
    members: dict[str, bytes],
) -> str | None:
    """By which of the four ways a signer may release what is sealed to `recipient`, None by none."""
    if signer == recipient:
        return "own"
    ders = [members.get(f"certificates/{one}.der", b"") for one in (signer, recipient)]
    if all(ders) and all(map(_curve_point, ders)) and _parts(ders[0])[:2] == _parts(ders[1])[:2]:
        return "pair"
    sheet, shown, claimed = False, False, False
    for row in before:
        body, own = row["body"], (row["body"].get("act") or {}).get("certificate") == signer
        match row["kind"]:
            case "CertificateShown" if own and (body["bidder"], body["previous"]) == (about[1], recipient):
                sheet, shown = True, shown or body["counts"]
            case "CertificateDecided" if body["accepted"]:
                told = (body["bidder"], body["previous"], body["certificate"])
                shown = shown or (sheet and told == (about[1], recipient, signer))
            case "RemedyClaimed":
                claimed = claimed or (own and (body["lot"], body["bidder"]) == about)
    if shown and all(ders) and _parts(ders[0])[2] == _parts(ders[1])[2]:
        return "renewed"
    return "recovery_file" if claimed and all(ders) and _named_alike(*ders) else None


def _named_alike(*ders: bytes) -> bool:
    """Serial number and organisation of the subjects; the whole subjects where neither has a number."""
    names = [x509.load_der_x509_certificate(der).subject for der in ders]
    said = [[[a.value for a in name if a.oid.dotted_string == oid] for name in names] for oid in NAMED]
    return names[0] == names[1] if said[0] == [[], []] else all(one == other for one, other in said)


def _checkpoints(members: dict[str, bytes], head: dict[str, Any], leaves: list[bytes]) -> Iterator[str]:
    between = "rehearsal/" if head["mode"] == "rehearsal" else ""
    name, key = f"{head['origin']}/{between}{head['tender']}", base64.b64decode(head["log_key"])
    key_id, before = sha256(f"{name}\n".encode(), b"\1", key)[:4], (0, 0)
    for number, text in enumerate(lines(members["checkpoints.jsonl"]), 1):
        line = read(text)
        body, _, signatures = line["note"].rpartition("\n\n")
        first, size, top, *more = body.split("\n")
        if first != name or more[:1] != [f"at {line['at']}"] or line.keys() != {"at", "note"}:
            yield f"checkpoint {number}: of another tree"
        if int(size) > len(leaves) or base64.b64encode(root(leaves[: int(size)])).decode() != top:
            yield f"checkpoint {number}: another root"
        own = [
            base64.b64decode(one.rpartition(" ")[2], validate=True)
            for one in signatures.splitlines()
            if one.startswith(f"\u2014 {name} ")
        ]
        try:
            (blob,) = (one[4:] for one in own if one[:4] == key_id)
            Ed25519PublicKey.from_public_bytes(key).verify(blob, f"{body}\n".encode())
        except (InvalidSignature, ValueError):
            yield f"checkpoint {number}: bad signature"
        if (int(size), line["at"]) < before:
            yield f"checkpoint {number}: goes back"
        before = (int(size), line["at"])
    if before[0] != len(leaves):
        yield "checkpoints: the last one does not cover every line"


def _named(rows: list[dict[str, Any]], members: dict[str, bytes]) -> Iterator[str]:
    """Files whose digest stands in a row."""
    digests = {name: sha256(data).hex() for name, data in members.items()}
    kept: dict[str, str] = {}
    for row in rows:
        body = row["body"]
        match row["kind"]:
            case "DepositReceived":
                deposit = body["deposit"]
                kept[f"sealed/{deposit['lot']}/{deposit['bidder']}.bid"] = deposit["sha256"]
            case "DepositWithdrawn":
                kept.pop(f"sealed/{body['lot']}/{body['bidder']}.bid", None)
            case "RecordPrepared" if "record/record.json" in members:
                kept["record/record.json"] = body["content"]
            case "RecordCompleted" if "record/record.pdf" in members:
                kept["record/record.pdf"] = body["sha256"]
            case "RecordingHeads":
                for head in body["heads"]:
                    chains = _chains(members, head["participant"], head["file"])
                    if chains and head["chain"] not in chains:
                        yield f"{head['participant']}/{head['file']}: not under its head"
    yield from (f"{name}: not the one of its row" for name in kept if digests.get(name) != kept[name])


def _chains(members: dict[str, bytes], participant: str, file: str) -> list[str]:
    index = f"recordings/{participant}/{file.rpartition('.')[0]}.index.jsonl"
    return [read(line)["chain"] for line in lines(members[index])] if index in members else []


def _recordings(members: dict[str, bytes]) -> Iterator[str]:
    shapes = {word(kind): set(re.findall(r"`(\w+)`", keys)) for kind, keys in tables()["line"]}
    for name in members:
        if not name.endswith(".index.jsonl"):
            continue
        chain, place, media = ZEROS, 0, b""
        for number, text in enumerate(lines(members[name]), 1):
            line = read(text)
            if line.keys() != shapes.get(line["kind"]) or (line["kind"] == "init") != (number == 1):
                yield f"{name} line {number}: of no kind"
            if line["kind"] == "init":
                media = members.get(f"recordings/{line['participant']}/{line['file']}", b"")
            bare = {key: value for key, value in line.items() if key != "chain"}
            chain = sha256(chain.encode(), canonical(bare)).hex()
            if chain != line["chain"]:
                yield f"{name} line {number}: broken chain"
            if line["kind"] != "end":
                piece = media[line["offset"] : line["offset"] + line["length"]]
                if line["offset"] != place or sha256(piece).hex() != line["stored"]:
                    yield f"{name} line {number}: other bytes"
                place += line["length"]
        if place != len(media):
            yield f"{name}: bytes that no line names"
