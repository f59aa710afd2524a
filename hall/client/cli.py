"""`hall seal`: sealing a bid on the command line, for who does not want to trust a served page.

    hall seal --certificate CERT.pem --tender ID --bidder ID [--lot ID]
              [--summary FILE] [--key KEY.pem] --out FILE INPUT

With `--key` INPUT is the bid's PDF: it is signed, its summary is signed, both are sealed. With `--raw` any single
file is sealed byte for byte, and no key is needed. A container put together elsewhere is sealed as it is, too.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Final

from hall.client.keys import from_pem
from hall.client.sealing import Columns, seal_bid
from hall.clock import machine_time
from hall.errors import HallError, Malformed, Refused
from hall.procurement import canonical, money
from hall.signing import bid_container, sealed_bid
from hall.signing.certificates import Certificate, load_certificate

_WORDS: Final = {
    "malformed_certificate": "the certificate can't be read (PEM or DER expected)",
    "malformed_key": "the key can't be read (PKCS#8 PEM without password expected)",
    "key_of_another_certificate": "the key does not belong to the certificate",
    "unsupported_key": "only RSA keys of at least 2048 bits and P-256 keys are supported",
    "malformed_pdf": "the input is no PDF that can be signed (encrypted or damaged?)",
    "not_a_pdf": "the input is no PDF; a single file of another kind is sealed with --raw",
    "amount_malformed": "the price is no amount in yuan such as 1234567.89",
    "malformed_summary": "the summary holds exactly price, period, quality, manager, security, all of them texts",
    "summary_needed": "a bid needs its summary: --summary FILE with price, period, quality, manager, security",
    "key_needed": "a bid's summary must be signed, or nobody could open it later as a bid: --key KEY.pem; "
    "a single file is sealed without a key by --raw",
    "malformed_header": "an id is empty, too long, or holds characters that mislead the eye",
    "input_changed": "the input changed while it was being sealed",
    "raw_needs_no_key": "--raw seals the input as it is: leave --key and --summary away",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall seal`."""
    parser.add_argument(
        "--certificate", type=Path, required=True, metavar="CERT.pem", help="the bidder's own"
    )
    parser.add_argument("--tender", required=True, metavar="ID")
    parser.add_argument("--bidder", required=True, metavar="ID")
    parser.add_argument("--lot", default="1", metavar="ID", help="default: 1")
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="JSON: price, period, quality, manager, security"
    )
    parser.add_argument("--key", type=Path, metavar="KEY.pem", help="signs PDF and summary")
    parser.add_argument("--raw", action="store_true", help="seal any single file as it is")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the sealed bid")
    parser.add_argument("input", type=Path, metavar="INPUT", help="the bid's PDF")


def seal(args: argparse.Namespace) -> int:
    """Run `hall seal`; give the exit code: 0 sealed, 1 refused, 2 wrongly called. OUT appears whole or not at all."""
    part = args.out.with_name(args.out.name + ".part")
    try:
        receipt = _seal(args, part)
        part.replace(args.out)
    except HallError as error:
        words = _WORDS.get(error.code, "refused")
        print(f"hall seal: {words} ({error})", file=sys.stderr)  # a command line prints
        return 2 if error.code in ("summary_needed", "key_needed", "raw_needs_no_key") else 1
    except OSError as error:
        print(f"hall seal: {error.filename or ''}: {error.strerror}", file=sys.stderr)  # as above
        return 1
    finally:
        part.unlink(missing_ok=True)
    lines = {
        "sealed": args.out,
        "bytes": receipt.size,
        "sha256": receipt.sha256,
        "commit": receipt.commit,
        "recipient": receipt.recipient,
    }
    print("\n".join(f"{name:10}{value}" for name, value in lines.items()))  # as above
    return 0


def _seal(args: argparse.Namespace, part: Path) -> sealed_bid.SealReceipt:
    certificate = load_certificate(args.certificate.read_bytes())
    if args.raw:
        if args.key or args.summary:
            raise Refused("raw_needs_no_key")
        return _seal_file(args, certificate, part)
    if args.key is None:
        if not _is_container(args.input):
            raise Refused("key_needed")
        return _seal_file(args, certificate, part)
    if args.summary is None:
        raise Refused("summary_needed")
    pdf = args.input.read_bytes()
    if not pdf.startswith(b"%PDF-"):
        raise Malformed("not_a_pdf")
    identity = from_pem(args.certificate.read_bytes(), args.key.read_bytes())
    columns = read_columns(args.summary.read_bytes())
    sealed = seal_bid(
        pdf,
        columns,
        identity,
        part,
        tender=args.tender,
        lot=args.lot,
        bidder=args.bidder,
        signed_at=machine_time(),
    )
    return sealed.receipt


def read_columns(data: bytes) -> Columns:
    """Read the read-out columns. Raises Malformed("malformed_summary", ...), Malformed("amount_malformed")."""
    try:
        found = canonical.loads(data)
    except Malformed:
        raise Malformed("malformed_summary", field="json") from None
    names = {field.name for field in dataclasses.fields(Columns)}
    if not isinstance(found, dict) or found.keys() != names:
        raise Malformed("malformed_summary", field="keys")
    wrong = sorted(name for name in names if not isinstance(found[name], str))
    if wrong:
        raise Malformed("malformed_summary", field=wrong[0])
    money.parse(found["price"])
    return Columns(**found)


def _seal_file(args: argparse.Namespace, certificate: Certificate, part: Path) -> sealed_bid.SealReceipt:
    return sealed_bid.seal(
        args.input,
        part,
        tender=args.tender,
        lot=args.lot,
        bidder=args.bidder,
        name=certificate.organisation or certificate.common_name,
        certificate=certificate,
    )


def _is_container(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            bid_container.read_container(file)
    except Refused:
        return False
    return True
