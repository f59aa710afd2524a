"""The points of prices by the formulas that tender documents use, in exact whole numbers (clause 5.4.4). Pure.

Each is rounded half up to hundredths and never below nothing; prices are fen. What may not live here: places.
"""

from __future__ import annotations

from collections.abc import Sequence

from hall.procurement.evaluation import PriceFormula, PriceRule


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def benchmark(prices: Sequence[int], rule: PriceRule) -> tuple[int, int]:
    """The benchmark of all valid prices of a lot (at least one), as numerator and denominator in fen."""
    if rule.formula is not PriceFormula.MEAN_DEVIATION:
        return min(prices), 1
    counted = sorted(prices)
    if rule.trim and len(counted) >= rule.trim:
        counted = counted[1:-1]
    return sum(counted) * (100 - rule.down), len(counted) * 100


def price_points(price: int, base: tuple[int, int], rule: PriceRule, most: int) -> int:
    """Hundredths for a price. At the benchmark it has the most; a benchmark of nothing gives them to nothing alone."""
    number, parts = base
    if number == 0:
        return most if price == 0 else 0
    if rule.formula is PriceFormula.LOWEST_RATIO:
        return half_up(number * most, price * parts)
    away = price * parts - number
    lost = 100 * (rule.above * away if away > 0 else rule.below * -away)
    return max(half_up(most * number - lost, number), 0)
