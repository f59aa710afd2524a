"""The record's pages made into an archival file: attachment, metadata, colour profile, empty signature fields.

PDF/A-3 (ISO 19005-3, level U, and so B), as veraPDF confirms (`tests/interop/test_verapdf.py`): fonts are embedded
with Unicode maps, colours have an sRGB output intent, XMP names the part, the JSON is an associated file.
All signature fields exist before anyone signs, so that no signature is followed by a change of the form.
Equal input gives equal bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageCms
from pyhanko.pdf_utils import generic as generic_objects
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

ATTACHMENT = "record.json"

generic: Any = generic_objects  # its constructors have no types
_PRODUCER = "bid-opening-hall"


@dataclass(frozen=True, slots=True)
class FieldBox:
    """Where an empty signature field goes: name, page from 0, (left, bottom, right, top) in points."""

    name: str
    page: int
    box: tuple[float, float, float, float]


def assemble(
    pages: bytes,
    *,
    attachment: bytes,
    title: str,
    made_at: int,
    fields: Sequence[FieldBox],
    name: str = ATTACHMENT,
    about: str = "The opening record as canonical JSON",
) -> bytes:
    """Give the archival file made of `pages` (a plain PDF) with the JSON `attachment` under `name`, described by
    `about`; made_at in ms UTC."""
    made = datetime.fromtimestamp(made_at // 1000, tz=UTC)
    writer: Any = _StillWriter(hashlib.sha256(pages + attachment).digest()[:16])
    root: Any = writer.root
    root.update(writer.import_object(PdfFileReader(io.BytesIO(pages)).root))
    root["/Lang"] = pdf_string("zh-CN")
    root["/ViewerPreferences"] = generic.DictionaryObject(
        {pdf_name("/DisplayDocTitle"): generic.BooleanObject(True)}
    )
    root["/Metadata"] = writer.add_object(_metadata(title, made))
    root["/OutputIntents"] = generic.ArrayObject([writer.add_object(_output_intent(writer))])
    attached = writer.add_object(_attached(writer, attachment, made, name, about))
    files = generic.DictionaryObject({pdf_name("/Names"): generic.ArrayObject([pdf_string(name), attached])})
    root["/Names"] = generic.DictionaryObject({pdf_name("/EmbeddedFiles"): writer.add_object(files)})
    root["/AF"] = generic.ArrayObject([attached])
    for field in fields:
        left, bottom, right, top = (round(edge) for edge in field.box)
        specification = SigFieldSpec(field.name, on_page=field.page, box=(left, bottom, right, top))
        append_signature_field(writer, specification)
    for number, field in enumerate(fields):
        # PDF/A wants an appearance of each field, also of an empty one; the page itself already draws the box.
        root["/AcroForm"]["/Fields"][number]["/AP"] = _blank(writer, field)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _blank(writer: PdfFileWriter, field: FieldBox) -> Any:
    left, bottom, right, top = field.box
    bounds = (0, 0, round(right - left), round(top - bottom))
    form = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject(generic.NumberObject(n) for n in bounds),
            pdf_name("/Resources"): generic.DictionaryObject(),
        },
        stream_data=b"",
    )
    return generic.DictionaryObject({pdf_name("/N"): writer.add_object(form)})


class _StillWriter(PdfFileWriter):
    """A writer without a clock and without randomness: its identifier is given, its metadata are left alone."""

    def __init__(self, identifier: bytes) -> None:
        super().__init__(stream_xrefs=False, init_page_tree=False)  # type: ignore[no-untyped-call]  # missing in the library's types
        half = generic.ByteStringObject(identifier)
        self._document_id = generic.ArrayObject([half, half])

    def _update_meta(self) -> None:
        """Keep the XMP packet as it was written; the library would put today's date into it."""


def _attached(writer: PdfFileWriter, data: bytes, made: datetime, name: str, about: str) -> Any:
    stream = EmbeddedFileObject.from_file_data(
        writer,
        data,
        mime_type="application/json",
        params=EmbeddedFileParams(creation_date=made, modification_date=made),
    )
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Filespec"),
            pdf_name("/F"): pdf_string(name),
            pdf_name("/UF"): pdf_string(name),
            pdf_name("/Desc"): pdf_string(about),
            pdf_name("/AFRelationship"): pdf_name("/Source"),
            pdf_name("/EF"): generic.DictionaryObject(
                {pdf_name("/F"): stream.ef_stream_ref, pdf_name("/UF"): stream.ef_stream_ref}
            ),
        }
    )


def _output_intent(writer: PdfFileWriter) -> Any:
    profile = generic.StreamObject({pdf_name("/N"): generic.NumberObject(3)}, stream_data=_srgb())
    profile.compress()
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/OutputIntent"),
            pdf_name("/S"): pdf_name("/GTS_PDFA1"),
            pdf_name("/OutputConditionIdentifier"): pdf_string("sRGB IEC61966-2.1"),
            pdf_name("/Info"): pdf_string("sRGB IEC61966-2.1"),
            pdf_name("/DestOutputProfile"): writer.add_object(profile),
        }
    )


def _srgb() -> bytes:
    """The sRGB profile, with a fixed date in place of the date of its making (bytes 24 to 35 of the ICC header)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + b"".join(part.to_bytes(2, "big") for part in (2000, 1, 1, 0, 0, 0)) + profile[36:]


def _metadata(title: str, made: datetime) -> Any:
    date = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>U</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>
   <dc:format>application/pdf</dc:format>
   <xmp:CreateDate>{date}</xmp:CreateDate>
   <xmp:ModifyDate>{date}</xmp:ModifyDate>
   <pdf:Producer>{_PRODUCER}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
    return generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")},
        stream_data=packet.encode("utf-8"),
    )
