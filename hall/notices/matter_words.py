"""The words of letters from matters, Chinese first and English beside it: data, no code.

Like `words.TEXTS`, to which these belong: a placeholder is a fact of the letter (`hall.runtime.matter_letters`) or one
of `words.HEAD`. No text names a bidder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.notices.words import Both, Words

MATTER_TEXTS: Final[Mapping[str, Both]] = {
    "certificate_added": Both(
        Words(
            "已为贵单位登记新的数字证书",
            "交易中心于 {at:moment} 为贵单位登记了新的数字证书（编号 {certificate}…），经两名工作人员签名确认。"
            "该证书可以贵单位名义登录和签署。如不是贵单位申请的，请立即致电服务热线。",
        ),
        Words(
            "A new certificate was registered for you",
            "At {at:moment} the trading centre registered a new certificate for you (number {certificate}…), signed by "
            "two of its staff. It can log in and sign in your name. If you did not ask for it, call the hall at once.",
        ),
    ),
    "certificate_retired": Both(
        Words(
            "贵单位的一张数字证书已停用",
            "交易中心于 {at:moment} 停用了贵单位的数字证书（编号 {certificate}…），不能再用它登录。"
            "已用它递交投标文件的项目不受影响，开标结束前仍可用它解密。如有疑问，请致电服务热线。",
        ),
        Words(
            "One of your certificates was retired",
            "At {at:moment} the trading centre retired your certificate (number {certificate}…); it logs in no longer. "
            "Openings in which you have a bid sealed for it are not affected. If in doubt, call the hall.",
        ),
    ),
}
"""Kind of letter → words."""
