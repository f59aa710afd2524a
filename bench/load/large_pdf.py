"""A PDF of any size that costs nothing to write: one page and a stream of zeros, a hole in the file."""

from __future__ import annotations

from pathlib import Path


def large_pdf(path: Path, size: int) -> None:
    """Write a PDF of a little more than `size` bytes."""
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>",
        b"<</Length %d>>\nstream\n" % size,
    ]
    offsets = []
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        for number, body in enumerate(objects, 1):
            offsets.append(file.tell())
            file.write(b"%d 0 obj\n%s" % (number, body))
            if number == len(objects):
                file.seek(size, 1)
                file.write(b"\nendstream")
            file.write(b"\nendobj\n")
        start = file.tell()
        lines = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
        file.write(lines + b"trailer\n<</Size %d /Root 1 0 R>>\n" % (len(objects) + 1))
        file.write(b"startxref\n%d\n%%%%EOF\n" % start)
