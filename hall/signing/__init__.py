"""Everything that seals, signs, stamps and verifies. Begin with `suite.py` (the primitives) and `certificates.py`.

A bid: `sealed_bid.py` over `payload.py` and `cms.py`, inside it `bid_container.py`, opened by `opener.py`; the format
is told in docs/sealed-bid.md. The record: `record_pdf.py`, signed by `pdf_signer.py`. Nothing here touches the
network by itself.
"""
