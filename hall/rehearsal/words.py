"""What rehearsal and demonstration say on the terminal, Chinese and English side by side."""

from __future__ import annotations

from typing import Final

MOMENTS: Final = {
    "SignInOpened": ("签到开始", "sign-in is open"),
    "DeadlinePassed": ("投标截止", "the bid deadline has passed"),
    "BiddersAnnounced": ("公布投标人名单", "the bidders are announced"),
    "LotLocked": ("投标人少于三个，标段锁定", "too few bidders: the lot stays sealed"),
    "SealingRechecked": ("密文重新校验完成", "the sealed bids are hashed anew"),
    "SealingDeclared": ("宣布密封检查结果", "the check of sealing is declared"),
    "DecryptionCommanded": ("下达解密指令", "the decrypt command is given"),
    "WindowClosed": ("解密结束", "the decryption window is closed"),
    "ResultsDeclared": ("宣布解密结果", "the results of the decryption are declared"),
    "CauseDecided": ("认定未解密原因", "the cause of a bid that was not opened is decided"),
    "PricesDisclosed": ("公布报价", "the prices are disclosed"),
    "ObjectionsOpened": ("征询异议", "objections are asked for"),
    "ObjectionRaised": ("提出异议", "an objection is raised"),
    "ObjectionAnswered": ("答复异议", "the objection is answered"),
    "ObjectionsClosed": ("异议环节结束", "the time for objections is over"),
    "RemedyClaimed": ("投标人申请以恢复文件解密", "a bidder releases by its recovery file"),
    "RemedyAnswered": ("答复以恢复文件解密的申请", "project owner or scrutineer answered the remedy"),
    "BidRestored": ("损坏的投标文件已由投标人恢复", "a bidder brought its damaged bid again"),
    "NoAlternatives": ("无人递交备选方案", "nobody offered an alternative"),
    "TenderFailed": ("招标失败", "the tender has failed"),
    "RegisterSigned": ("签署异常登记", "the register of incidents is signed"),
    "RecordPrepared": ("生成开标记录", "the opening record is made"),
    "RecordSigned": ("签署开标记录", "the record is signed"),
    "RecordCompleted": ("开标记录签署完毕", "the record is complete"),
    "OpeningClosed": ("宣布开标结束", "the opening is closed"),
    "RoomEmptied": ("投标人全部离场", "the bidders have left"),
    "DeadlineMoved": ("投标截止时间调整", "the bid deadline is moved"),
    "OpeningPostponed": ("开标改期", "the opening is postponed to another day"),
    "DeadlineHeld": ("平台故障，截止时间暂缓生效", "the deadline is held: the hall was at fault"),
    "DeadlineConfirmed": ("确认截止时间", "the deadline is confirmed"),
    "IncidentRecorded": ("登记异常情况", "an incident is recorded"),
    "Suspended": ("开标中止，全部倒计时停止", "the opening is suspended, every countdown stands still"),
    "SuspensionReasoned": ("说明中止理由", "the reason of the suspension is given"),
    "SuspensionLifted": ("中止自动解除", "the suspension is lifted by itself"),
    "ReliableTestDone": ("可靠测试完成", "the reliable test is done"),
    "ResumptionAnnounced": ("公布恢复时间", "the resumption is announced"),
    "Resumed": ("恢复开标", "the opening goes on"),
    "SplitDeclared": ("超过3小时，分组进行", "three hours are over: the groups go on apart"),
    "Adjourned": ("休会，另日继续", "the opening is adjourned"),
    "EntrustedOpened": ("保管人用证书打开密钥", "a custodian opened the keys with its certificate"),
    "CustodiansNamed": ("更换密钥保管人，重新解密", "other custodians are named, bidders release again"),
    "OwnWindowOpened": ("为一投标人另开解密时段", "a bidder has a window of its own"),
    "OwnWindowClosed": ("该解密时段结束", "that window is closed"),
    "ClockAdvanced": ("大厅时钟前拨", "the hall's clock was moved forward"),
}
"""Event -> what is said when it happens."""

ROLES: Final = {
    "bidder": ("投标人", "bidder"),
    "host": ("主持人", "host"),
    "procuring_entity": ("招标人代表", "procuring entity"),
    "supervisor": ("监督人", "supervisor"),
    "announcer": ("唱标人", "announcer"),
    "scrutineer": ("监标人", "scrutineer"),
    "clerk": ("记录人", "clerk"),
    "notary": ("公证员", "notary"),
    "regulator": ("行政监督部门", "regulator"),
    "trading_centre": ("交易中心", "trading centre"),
    "evaluator": ("评标委员会", "evaluation committee"),
}

DEMO: Final = """\

  不见面开标大厅演示 · Bid Opening Hall, a demonstration

  大厅时间 {now} 开始，投标截止 {deadline}（{minutes} 分钟后）。
  Hall time starts at {now}; the bid deadline is {deadline}, in {minutes} minutes.

{links}

  证书文件与说明 · certificates and notes   {folder}
  证书密码 · their password                {password}
  投标文件样例 · a sample bid               {sample}

  怎么做 · What to do
  1. 用 Chrome 或 Edge 打开上面任一链接，选择该角色的证书文件，输入密码登录。
     Open one of the links in Chrome or Edge, choose that role's certificate file, enter the password.
  2. 想当投标人：递交样例投标文件，签到，截止后按屏幕提示确认密封、解密、确认报价。
     As a bidder: deposit the sample bid, sign in, and after the deadline follow the screen.
  3. {grace} 秒后没有人登录的角色由机器人扮演；您一登录，机器人立即让位。
     Robots play every role that nobody has taken after {grace} seconds, and hand it over when you log in.
  4. 不想等：屏幕上的按钮可以把大厅时钟前拨（仅演示，入日志、有水印）。
     Don't want to wait? A button moves the hall's clock forward (demonstration only, journalled, watermarked).
  5. 结束后：工作人员页面可下载开标记录和证据包，用 hall verify 离线验证。
     At the end staff download record and bundle; `hall verify bundle.zip --trust trust.json` checks it offline.

  Ctrl-C 结束演示 · Ctrl-C ends the demonstration
"""
