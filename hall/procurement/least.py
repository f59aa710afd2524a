"""Limits of the rule set below which no tender goes: the law's, the standard's, and those that the trading centre set.

A table and its comparison. Limits are in ms, numbers of bidders plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hall.procurement.tender import MINUTE, RuleSet

COUNTED: Final = frozenset({"minimum_bidders"})
"""Settings that are numbers; all others here are times."""

BY_CENTRE: Final = (
    *("minimum_bidders", "decryption_window", "sealing_answer_limit", "results_answer_limit"),
    *("price_answer_limit", "objection_period", "hold_before_deadline"),
)
"""What bidders lose by when it is less: where the trading centre set one of these, it is the least."""

CENTRE: Final = "交易中心默认规则"


@dataclass(frozen=True, slots=True)
class Least:
    """`least`: in the setting's own unit; `article`: who says so."""

    setting: str
    least: int
    article: str

    @property
    def shown(self) -> int:
        """As people read it: a number, or minutes, rounded up."""
        return self.least if self.setting in COUNTED else -(-self.least // MINUTE)


_ARTICLES: Final = {
    "bidding_law": "《招标投标法》第二十八条",
    "procurement_law": "《政府采购法》第三十六条",
}


def of_the_law(law: str) -> tuple[Least, ...]:
    """Those of a procedure law and of the standard."""
    article = _ARTICLES.get(law, _ARTICLES["bidding_law"])
    window = Least("decryption_window", 60 * MINUTE, "不见面开标标准5.3.3")
    return (Least("minimum_bidders", 3, article), window)


def too_little(settings: RuleSet, defaults: RuleSet, set_by_centre: tuple[str, ...]) -> list[Least]:
    """Those that a tender's rule set does not keep, the law's first."""
    own = (Least(name, getattr(defaults, name), CENTRE) for name in BY_CENTRE if name in set_by_centre)
    held = (*of_the_law(settings.procedure_law), *own)
    return [one for one in held if getattr(settings, one.setting) < one.least]
