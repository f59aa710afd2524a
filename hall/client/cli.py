"""`hall seal`: sealing a bid on the command line, offline, for who does not want to trust a served page.

    hall seal --p12 FILE --tender ID --bidder ID [--lot ID] --summary FILE --out SEALED.bid INPUT.pdf

The bid's PDF is signed, its summary is signed, both are sealed and opened again. With `--raw --certificate CERT.pem`
any single file is sealed byte for byte, and no key is needed; a container put together elsewhere is sealed as it is.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Final

from hall.client.cli_keys import add_key_arguments, names_key, open_key, read_passphrase, write_private
from hall.client.cli_words import DONE, USAGE, exit_code, of_system, said
from hall.client.sealing import Columns, seal_bid_file
from hall.clock import machine_time
from hall.errors import HallError, Malformed, Refused
from hall.procurement import canonical, money
from hall.signing import bid_container, recovery, sealed_bid
from hall.signing.certificates import Certificate, load_certificate

_MISCALLED: Final = frozenset({"summary_needed", "key_needed", "raw_needs_no_key", "certificate_needed"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `hall seal`."""
    add_key_arguments(parser)
    parser.add_argument("--tender", required=True, metavar="ID")
    parser.add_argument("--bidder", required=True, metavar="ID")
    parser.add_argument("--lot", default="1", metavar="ID", help="标段，默认 1")
    parser.add_argument(
        "--summary",
        type=Path,
        metavar="FILE",
        help="开标一览表（JSON）：price、period、quality、manager、security",
    )
    parser.add_argument("--raw", action="store_true", help="原样封装任意单个文件")
    parser.add_argument(
        "--recovery",
        type=Path,
        metavar="FILE",
        help="另存恢复文件：招标文件允许时，证书损坏后凭它和口令解密。口令请与文件分开保管",
    )
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="从文件第一行读取恢复口令；否则在终端询问"
    )
    parser.add_argument("--copy", type=Path, metavar="FILE", help="另存未加密的投标文件包，供本单位留底")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="加密文件")
    parser.add_argument("input", type=Path, metavar="INPUT", help="投标文件（PDF）")


def seal(args: argparse.Namespace) -> int:
    """Run `hall seal`; give the exit code: 0 sealed, 1 refused, 2 wrongly called. OUT appears whole or not at all."""
    part = args.out.with_name(args.out.name + ".part")
    try:
        receipt = _seal(args, part)
        part.replace(args.out)
    except HallError as error:
        print(f"hall seal: {said(error)}", file=sys.stderr)  # a command line prints
        return USAGE if error.code in _MISCALLED else exit_code(error)
    except OSError as error:
        words, code = of_system(error)
        print(f"hall seal: {words}", file=sys.stderr)  # as above
        return code
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
    return DONE


def _seal(args: argparse.Namespace, part: Path) -> sealed_bid.SealReceipt:
    if args.raw and (names_key(args) or args.summary or args.recovery):
        raise Refused("raw_needs_no_key")
    if args.raw or not names_key(args):
        if args.certificate is None:
            raise Refused("certificate_needed")
        certificate = load_certificate(args.certificate.read_bytes())
        if not args.raw and not _is_container(args.input):
            raise Refused("key_needed")
        return _seal_file(args, certificate, part)
    if args.summary is None:
        raise Refused("summary_needed")
    columns = read_columns(args.summary.read_bytes())
    # Asked for before the work, so that nobody waits for a question.
    passphrase = read_passphrase(args) if args.recovery is not None else ""

    def keep(header: sealed_bid.SealedHeader, prefix: bytes, content_key: bytes) -> None:
        if args.recovery is not None:
            write_private(args.recovery, recovery.make(header, prefix, content_key, passphrase))

    with args.input.open("rb") as pdf:
        if pdf.read(5) != b"%PDF-":
            raise Malformed("not_a_pdf")
        pdf.seek(0)
        sealed = seal_bid_file(
            pdf,
            columns,
            open_key(args),
            part,
            tender=args.tender,
            lot=args.lot,
            bidder=args.bidder,
            signed_at=machine_time(),
            keep=keep,
            copy=args.copy,
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
