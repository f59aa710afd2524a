/** Everything that this page says, in Chinese and English. */
export type Language = 'zh' | 'en'

const CHECKS = {
  integrity: ['证据包完整', '每个文件、每行日志、每个检查点是否都未被改动？', 'The bundle is whole', 'Is every file, every journal row and every checkpoint unaltered?'],
  history: ['同一份日志', '各方看到的是否是同一份日志？公证或监督人员的会签、时间戳是否有效？', 'One history', 'Was everybody shown one journal? Do the notary’s and supervisor’s co-signatures and the time stamps hold?'],
  sign_in_window: ['签到时间', '投标人是否在开标当日、截止时间之前亲自签到？', 'Sign-in window', 'Did bidders sign in on the day, before the deadline?'],
  deposit_before_deadline: ['截止前递交', '投标文件是否在截止时间之前送达，且此后未变？', 'Deposited before the deadline', 'Did bids come in before the deadline, and are they unchanged since?'],
  sixty_minutes: ['六十分钟解密时限', '除去暂停时间，解密时间是否恰为公布的时长？', '60 minutes to decrypt', 'Did the window run its full time, standstills left out?'],
  self_decryption: ['自行解密', '每份投标文件是否由其投标人自己的证书解密？', 'Own decryption', 'Was each bid released by its own bidder’s certificate?'],
  disclosure_after_all: ['全部完成后公布', '是否在所有时限结束、原因认定之后才公布报价？', 'Prices only after all were done', 'Was no price shown before every window had closed and every cause was decided?'],
  record_equals_journal: ['开标记录与日志一致', '开标记录是否就是日志登记的那一份，内容相符？', 'The record equals the journal', 'Is the opening record the journalled one, and does it say the same?'],
  signatures: ['签名', '每个行为和开标记录是否均由持证人签名？记录的签名和整份记录是否有时间戳？', 'Signatures', 'Is every act, and the record, signed under a certificate that leads to a root? Are the record’s signatures, and the whole of it, time-stamped?'],
  recordings: ['录音录像完整', '录音录像是否与日志登记的摘要相符？', 'Recordings equal their heads', 'Are the recordings whole under the digests in the journal?'],
  presence: ['在线情况', '在线记录是否前后一致？', 'Presence', 'Is presence told without contradiction?'],
} as const

const STATUSES = {
  proved: ['已证明', '由签名和摘要得出，无须相信平台', 'Proved', 'follows from signatures and digests; the platform need not be trusted'],
  asserted: ['平台陈述', '前后一致，但其中的时间或来源仅凭平台一方', 'Stated by the platform', 'consistent, but a time or the origin in it is the platform’s own word'],
  failed: ['不成立', '证据与此相矛盾', 'Failed', 'something contradicts it'],
  not_covered: ['未涉及', '本证据包中没有相关内容，不等于通过', 'Not covered', 'nothing in this bundle speaks about it; that is no pass'],
} as const

const FAULTS: Record<string, readonly [string, string]> = {
  altered: ['内容已被改动', 'its bytes were altered'],
  missing: ['缺失', 'missing'],
  other_anchors: ['与公布的信任文件不同', 'is not what was published in the trust file'],
  torn: ['最后一行不完整', 'its last line is torn'],
  no_row: ['不是日志行', 'neither a row nor a digest'],
  other_stream: ['不属于本次开标', 'does not belong to this opening'],
  no_link: ['与前一行不衔接', 'does not follow its predecessor'],
  withheld: ['完整证据包中有被隐去的行', 'rows are withheld from a bundle that should have everything'],
  other_history: ['签名人看到的是另一份日志', 'made upon another history'],
  no_certificate: ['缺少签名人的证书', 'the signer’s certificate is missing'],
  bad_signature: ['签名无效', 'the signature does not hold'],
  no_checkpoint: ['没有平台日志密钥的有效签名', 'bears no good signature of the hall’s log key'],
  other_root: ['日志与该检查点不符', 'the journal has another root'],
  goes_back: ['比前一个检查点更早', 'goes back behind an earlier one'],
  no_last_checkpoint: ['末尾的行没有检查点', 'its last rows stand under no checkpoint'],
  other_opening: ['与日志所载的开标不同', 'names another opening than the journal'],
  nobody: ['日志中没有该投标人', 'no row tells of this bidder'],
  no_chain: ['证书不能追溯到受信任的根', 'leads to no trusted root'],
  outside_window: ['不在规定时间内', 'outside its time'],
  late: ['不是在截止时间之前收到的', 'not received before the deadline'],
  other_certificate: ['签名所用证书与加密所用证书不同', 'signed by another certificate than the bid is sealed to'],
  other_words: ['与签名人所述不同', 'its signer said something else'],
  short_window: ['公布的时限少于六十分钟', 'the published window is shorter than 60 minutes'],
  other_window: ['不是从指令起算的公布时限', 'not the published window from the command on'],
  never_closed: ['时限从未结束', 'the window was never closed'],
  not_60_minutes: ['实际时长与公布的不同', 'did not run for the published time'],
  opened_unreleased: ['未经投标人解密即已打开', 'opened without its bidder’s release'],
  no_interval: ['记录的时段不可能成立', 'tells of an interval that can’t be'],
  overlap: ['同一时刻有两种状态', 'in two states at a time'],
  unreadable: ['内容无法读取', 'does not say what is needed'],
  not_signed: ['没有有效签名', 'not signed by the one who may'],
  other_place: ['签名针对另一次开标或标段', 'signed for another opening or lot'],
  other_deadline: ['签名针对另一个截止时间', 'signed for another deadline'],
  other_bytes: ['字节与摘要不符', 'not the bytes of that digest'],
  other_manifest: ['与投标文件清单的摘要不符', 'another list of deposits'],
  other_list: ['清单与递交的文件不符', 'not what was deposited'],
  stood_still: ['开标暂停期间计入', 'counted while the opening stood still'],
  window_open: ['公布时尚有时限未结束', 'disclosed while a window was open'],
  other_bids: ['公布的与打开的不同', 'what was disclosed is not what was opened'],
  opened_later: ['公布之后才打开', 'opened only after the disclosure'],
  undecided: ['未解密原因尚未认定', 'disclosed while a cause was undecided'],
  other_columns: ['公布的内容与打开的投标文件不符', 'the columns are not those of the bid that was opened'],
  no_record: ['没有完成的开标记录', 'the record was never completed'],
  other_record: ['不是日志登记的那一份', 'not the one that was journalled'],
  differs: ['与日志不一致', 'differs from the journal'],
  no_pdf_signature: ['没有该签名人的有效签名', 'bears no good signature of this signer'],
  no_stamped_root: ['所指的检查点不在证据包内', 'is about a checkpoint that the bundle does not hold'],
  bad_stamp: ['时间戳无效', 'its time stamp does not hold'],
  unnamed_stamp: ['后续检查点未提及该时间戳', 'no later checkpoint names it'],
  clocks_apart: ['平台时钟与时间戳相差超过 60 秒', 'the hall’s clock and the authority’s are more than 60 s apart'],
  beside_stamp: ['所述时间与覆盖它的时间戳相矛盾', 'its time contradicts the stamps around it'],
  not_the_halls: ['没有平台日志密钥的有效签名', 'bears no good signature of the hall’s log key'],
  not_closed: ['末尾没有覆盖整份文件的有效时间戳', 'not closed by a good time stamp over the whole document'],
  no_cosigner: ['会签人当时不担任该职务', 'its signer did not hold the post then'],
  unanswered: ['按时发出而未获答复，登记簿中没有记载', 'was signed in time and not answered, and the register is silent about it'],
  no_index: ['没有索引', 'has no index'],
  no_index_line: ['索引行无法读取', 'an index line can’t be read'],
  broken_chain: ['索引链断裂', 'the chain of its index is broken'],
  other_recording: ['属于另一段录像', 'speaks of another recording'],
  other_head: ['与日志登记的摘要不符', 'does not stand under its journalled head'],
  other_files: ['文件与日志最后登记的不同', 'not the files that the journal names at its end'],
}

/** What an answer leaves open, beside the answer itself. */
const NOTES: Record<string, readonly [string, string]> = {
  edition: [
    '这是平台签署的公开版：价格、时限、原因等与日志核对相符，单位名称等其余内容仅凭平台陈述。',
    'This is the public edition, signed by the hall alone: prices, windows and causes were held against the journal; names and the rest are the hall’s word.',
  ],
  pages: [
    '本页没有核对记录页面上印的文字是否与 record.json 相同；这一项请用 hall verify 核验。',
    'Whether what is printed on its pages is what record.json says was not looked at here: hall verify draws them again.',
  ],
}

const NOT_BUNDLES: Record<string, readonly [string, string]> = {
  end: ['文件不是 ZIP 压缩包，或已被截断。', 'The file is no ZIP, or it was cut short.'],
  compressed: ['其中的文件被重新压缩过。请使用下载的原始文件。', 'Its members were compressed again. Take the file as it was downloaded.'],
  anchors: ['其中没有可用的平台公钥和证书根。', 'It brings no usable log key and certificate roots.'],
  no_opening: ['其中没有开标安排。', 'It tells of no opening.'],
  trust: ['请重新取得 trust.json，再选择一次。证据包尚未核验。', 'Get trust.json again and choose it once more. The bundle was not looked at.'],
}

const TEXTS = {
  title: ['核验开标证据包', 'Check an opening’s evidence bundle'],
  lead: [
    '选择从开标大厅下载的证据包（bundle.zip）。核验只在本机浏览器内进行，不联网，不上传任何内容。',
    'Choose a bundle that was downloaded from the opening hall (bundle.zip). Everything is checked inside this browser: nothing is sent anywhere, no network is used.',
  ],
  drop: ['把 bundle.zip 拖到这里，或点击选择', 'Drop bundle.zip here, or click to choose'],
  trust: ['信任文件 trust.json（随招标公布）', 'Trust file trust.json (published with the tender)'],
  trustWhy: [
    '请从平台以外取得，例如招标公告或监管部门。没有它，最多只能说明证据包自身一致，不能证明来源。',
    'Get it from elsewhere than the bundle: from the tender’s notice, or from the regulator. Without it a bundle is self-consistent at best, and its origin is not proven.',
  ],
  chosen: ['已选择', 'chosen'],
  none: ['未选择', 'none chosen'],
  copy: [
    '请使用您信任的来源提供的本页面。和证据包放在一起送来的页面什么也不能证明。',
    'Use a copy of this page from somebody you trust. A page that came together with a bundle proves nothing.',
  ],
  busy: ['正在核验…', 'Checking…'],
  read: ['已读取', 'read'],
  good: ['未发现矛盾', 'Nothing contradicts'],
  goodSays: ['逐项结论见下表。“平台陈述”“未涉及”的项目不等于已证明。', 'See each answer below. What is only stated by the platform, or not covered, is not proved.'],
  unproven: ['自身一致，来源未证明', 'Self-consistent, origin not proven'],
  unprovenSays: ['没有提供信任文件：任何人都可以自己做出这样一份前后一致的证据包。', 'No trust file was given: anybody could make a bundle that agrees with itself.'],
  bad: ['核验不通过', 'Refused'],
  badSays: ['标红的项目与证据相矛盾。此文件不应采信：内容被改动过，其余结论也不再可靠。请保留它，并向监管部门索取另一份。', 'What is marked red contradicts the evidence. Do not rely on this file: where something was altered, its other answers are worth little too. Keep it, and ask the regulator for another copy.'],
  none_: ['这不是证据包', 'This is no bundle'],
  noneSays: ['请选择在大厅下载的 bundle.zip 原文件。', 'Choose bundle.zip as it was downloaded from the hall.'],
  badTrust: ['信任文件无法读取', 'The trust file can’t be read'],
  opening: ['开标', 'Opening'],
  madeFor: ['证据包类别', 'Made for'],
  regulator: ['监管部门（全部内容）', 'the regulator (everything)'],
  bidder: ['投标人', 'bidder'],
  public: ['社会公众', 'the public'],
  rows: ['日志', 'Journal'],
  rowsAll: ['行', 'rows'],
  rowsOf: ['行，其中隐去', 'rows, of them withheld'],
  rehearsal: ['这是一次演练，没有法律效力。', 'This opening was a rehearsal and has no legal effect.'],
  question: ['核验内容', 'Question'],
  clause: ['条款', 'Clause'],
  answer: ['结论', 'Answer'],
  anchors: ['所依据的信任锚（SHA-256），请与公布的核对', 'Anchors relied on (SHA-256): compare them with what was published'],
  logKey: ['平台日志公钥', 'log key'],
  root: ['证书根', 'CA root'],
  tsaRoot: ['时间戳根', 'time-stamp root'],
  limits: ['本页不核验的内容', 'What this page does not look at'],
  limitsSays: [
    '证书是否被吊销；记录页面上印的文字；记录的其余各项；投标人自己留存的检查点；条款 4.1 至 5.5.4 的其他规定。完整核验请用命令行程序 hall verify。',
    'Whether a certificate was revoked; what is printed on the record’s pages; the rest of the record; checkpoints that parties kept themselves; what other clauses from 4.1 to 5.5.4 ask. The program hall verify looks at all of it.',
  ],
  again: ['核验另一份', 'Check another one'],
  more: ['其余', 'more'],
  language: ['English', '中文'],
} as const

export type Text = keyof typeof TEXTS

const place = (language: Language): 0 | 1 => (language === 'zh' ? 0 : 1)

export const text = (key: Text, language: Language): string => TEXTS[key][place(language)]

export function check(name: string, language: Language): { title: string; says: string } {
  const [zh, zhSays, en, enSays] = CHECKS[name as keyof typeof CHECKS]
  return language === 'zh' ? { title: zh, says: zhSays } : { title: en, says: enSays }
}

export function status(name: keyof typeof STATUSES, language: Language): { title: string; says: string } {
  const [zh, zhSays, en, enSays] = STATUSES[name]
  return language === 'zh' ? { title: zh, says: zhSays } : { title: en, says: enSays }
}

export const fault = (code: string, language: Language): string => FAULTS[code]?.[place(language)] ?? code

export const notABundle = (reason: string, language: Language): string => NOT_BUNDLES[reason]?.[place(language)] ?? ''

export const note = (name: string, language: Language): string => NOTES[name]?.[place(language)] ?? ''

export const CODES = Object.keys(FAULTS)
