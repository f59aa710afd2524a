"""Who a bundle is made for. The words stand in its head, and in the address that it is fetched from."""

from __future__ import annotations

from enum import StrEnum


class Entitlement(StrEnum):
    REGULATOR = "regulator"
    """Everything that the hall holds of the opening."""

    BIDDER = "bidder"
    """What was told to all, and one bidder's own."""

    PUBLIC = "public"
    """What is published, and no personal item."""
