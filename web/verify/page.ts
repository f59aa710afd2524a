/** The page: takes a bundle and a trust file, shows what can be said of each question. No framework, no network. */
import { type Bytes, hex } from '@/crypto/bytes'
import { type Check, checks } from './core'
import { sha256 } from './digest'
import { type Anchors, type Story, readAnchors, readStory } from './story'
import { type Language, type Text, check as question, fault, notABundle, note, status, text } from './words'
import { NotABundle } from './zip'
import './verify.css'

const MOST_FAULTS = 5

type Outcome =
  | { readonly state: 'empty' }
  | { readonly state: 'busy'; read: number; all: number }
  | { readonly state: 'judged'; readonly story: Story; readonly answers: readonly Check[]; readonly trusted: boolean }
  | { readonly state: 'none'; readonly reason: string }

let language: Language = navigator.language.startsWith('zh') ? 'zh' : 'en'
let bundle: File | null = null
let trust: File | null = null
let outcome: Outcome = { state: 'empty' }
/** The newest check: what an older one still finds is not shown. */
let turn = 0

const app = document.getElementById('app') as HTMLElement
const t = (key: Text): string => text(key, language)

type Child = Node | string | null

function el(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

function draw(): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = t('title')
  const other = el('button', { type: 'button', class: 'quiet', id: 'language' }, t('language'))
  other.addEventListener('click', () => {
    language = language === 'zh' ? 'en' : 'zh'
    draw()
  })
  app.replaceChildren(
    el('header', {}, el('h1', {}, t('title')), other),
    el('p', { class: 'lead' }, t('lead')),
    el('div', { class: 'inputs' }, picker('bundle', '.zip', 'drop', bundle), el('div', { class: 'trust' }, picker('trust', '.json', 'trust', trust), el('p', { class: 'hint' }, t('trustWhy')))),
    el('section', { id: 'outcome', 'aria-live': 'polite', 'data-state': state() }, ...shown()),
    el('footer', {}, el('p', {}, t('copy'))),
  )
}

function picker(id: string, accept: string, label: Text, file: File | null): HTMLElement {
  const input = el('input', { type: 'file', id, accept }) as HTMLInputElement
  input.addEventListener('change', () => {
    take(input.files)
  })
  const name = file === null ? t('none') : `${t('chosen')}: ${file.name}`
  return el('label', { class: `picker ${id}`, for: id }, input, el('strong', {}, t(label)), el('span', { class: 'file' }, name))
}

function state(): string {
  if (outcome.state !== 'judged') return outcome.state
  if (outcome.answers.some((answer) => answer.status === 'failed')) return 'failed'
  return outcome.trusted ? 'good' : 'unproven'
}

function shown(): Child[] {
  switch (outcome.state) {
    case 'empty':
      return []
    case 'busy': {
      const bar = el('progress', { max: String(Math.max(1, outcome.all)), value: String(outcome.read), 'aria-label': t('busy') })
      return [el('p', { class: 'busy' }, t('busy')), bar, el('p', { class: 'hint', id: 'read' }, reading(outcome.read, outcome.all))]
    }
    case 'none':
      if (outcome.reason === 'trust') return [banner('none', '?', t('badTrust'), notABundle('trust', language))]
      return [banner('none', '?', t('none_'), `${notABundle(outcome.reason, language)}${language === 'zh' ? '' : ' '}${t('noneSays')}`)]
    case 'judged':
      return judged(outcome.story, outcome.answers)
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
const reading = (read: number, all: number): string => `${t('read')} ${mebibytes(read)} / ${mebibytes(all)} MiB`

function banner(kind: string, sign: string, title: string, says: string): HTMLElement {
  return el('div', { class: `banner ${kind}` }, el('span', { class: 'sign', 'aria-hidden': 'true' }, sign), el('div', {}, el('h2', { id: 'verdict' }, title), el('p', {}, says)))
}

function judged(story: Story, answers: readonly Check[]): Child[] {
  const kind = state()
  const top =
    kind === 'failed' ? banner(kind, '✕', t('bad'), t('badSays')) : kind === 'good' ? banner(kind, '✓', t('good'), t('goodSays')) : banner(kind, '!', t('unproven'), t('unprovenSays'))
  return [
    top,
    story.plan['mode'] === 'rehearsal' ? el('p', { class: 'rehearsal' }, t('rehearsal')) : null,
    facts(story),
    el('ol', { class: 'checks', 'aria-label': t('question') }, ...answers.map(answer)),
    el('details', {}, el('summary', {}, t('limits')), el('p', {}, t('limitsSays'))),
    el('details', { open: '' }, el('summary', {}, t('anchors')), anchorList(story.anchors)),
  ]
}

function facts(story: Story): HTMLElement {
  const name = String(story.plan['tender_name'] ?? '')
  const whom = story.entitlement === 'bidder' ? `${t('bidder')} ${story.holder}` : t(story.entitlement)
  const rows = `${String(story.tree.size)} ${story.withheld === 0 ? t('rowsAll') : `${t('rowsOf')} ${String(story.withheld)}`}`
  const line = (label: Text, value: string): Child[] => [el('dt', {}, t(label)), el('dd', {}, value)]
  return el('dl', { class: 'facts' }, ...line('opening', `${name} · ${String(story.head['opening'])}`), ...line('madeFor', whom), ...line('rows', rows))
}

function answer(found: Check): HTMLElement {
  const [what, how] = [question(found.check, language), status(found.status, language)]
  const clause = /^\d/.test(found.clause) ? el('span', { class: 'clause' }, `${t('clause')} ${found.clause}`) : null
  const faults = found.faults.slice(0, MOST_FAULTS).map((one) => el('li', {}, el('code', {}, one.where), ` ${fault(one.code, language)}`))
  const rest = found.faults.length - faults.length
  if (rest > 0) faults.push(el('li', {}, `… ${t('more')} ${String(rest)}`))
  return el(
    'li',
    { class: found.status, 'data-check': found.check, 'data-status': found.status },
    el('div', { class: 'what' }, el('strong', {}, what.title), clause, el('p', {}, what.says)),
    el('div', { class: 'how' }, el('span', { class: 'status' }, how.title), found.note === '' ? el('p', {}, how.says) : el('p', { class: 'left-open' }, note(found.note, language))),
    faults.length > 0 ? el('ul', { class: 'faults' }, ...faults) : null,
  )
}

function anchorList(anchors: Anchors): HTMLElement {
  const line = (label: Text, data: Bytes): HTMLElement => el('li', {}, `${t(label)} `, el('code', {}, hex(sha256(data))))
  return el('ul', { class: 'anchors' }, line('logKey', anchors.logKey), ...anchors.caRoots.map((root) => line('root', root)), ...anchors.tsaRoots.map((root) => line('tsaRoot', root)))
}

/** Take what was chosen or dropped: a trust file is told from a bundle by its name. */
function take(files: FileList | null): void {
  for (const file of files ?? []) {
    if (file.name.toLowerCase().endsWith('.json')) trust = file
    else bundle = file
  }
  void look()
}

async function look(): Promise<void> {
  const mine = ++turn
  const show = (next: Outcome): void => {
    if (mine !== turn) return
    outcome = next
    draw()
  }
  if (bundle === null) {
    draw()
    return
  }
  show({ state: 'busy', read: 0, all: bundle.size })
  try {
    const given = trust === null ? null : await trustOf(trust)
    const story = await readStory(bundle, given, (read, all) => {
      if (mine === turn) tell(read, all)
    })
    show({ state: 'judged', story, answers: await checks(story, given !== null), trusted: given !== null })
  } catch (thrown) {
    // A hostile file may make the reader stumble anywhere: then it is no bundle, and never a pass.
    show({ state: 'none', reason: thrown instanceof NotABundle ? thrown.message : 'head' })
  }
}

async function trustOf(file: File): Promise<Anchors> {
  let found: unknown
  try {
    found = JSON.parse(await file.text())
  } catch {
    found = null
  }
  const anchors = readAnchors(found)
  if (anchors === null) throw new NotABundle('trust')
  return anchors
}

/** Tell how far the reading is, without drawing all anew. */
function tell(read: number, all: number): void {
  const bar = document.querySelector('progress')
  const line = document.getElementById('read')
  if (bar !== null) [bar.max, bar.value] = [Math.max(1, all), read]
  if (line !== null) line.textContent = reading(read, all)
}

document.addEventListener('dragover', (event) => {
  event.preventDefault()
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  take(event.dataTransfer?.files ?? null)
})
draw()
