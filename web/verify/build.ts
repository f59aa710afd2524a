/**
 * Builds this page into one file: script and style inline, allowed by their digests alone in a policy of its own, so that it works
 * from a disk without any server and can't ask one for anything.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, build } from 'vite'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Builds the page beside the client's: into `verify/index.html` of the same directory. */
export function verifyPage(): Plugin {
  let out = ''
  return {
    name: 'verify-page',
    apply: 'build',
    configResolved(config) {
      out = join(config.root, config.build.outDir)
      if (config.build.outDir.startsWith('/')) out = config.build.outDir
    },
    async closeBundle() {
      await build({
        configFile: false,
        root: HERE,
        logLevel: 'warn',
        resolve: { alias: { '@': join(HERE, '../src') } },
        plugins: [inlined()],
        build: {
          target: 'chrome90',
          outDir: join(out, 'verify'),
          emptyOutDir: true,
          modulePreload: { polyfill: false },
          rollupOptions: { output: { codeSplitting: false } },
        },
      })
    },
  }
}

function inlined(): Plugin {
  return {
    name: 'inlined',
    enforce: 'post',
    generateBundle: {
      order: 'post', // The bundler fills in its own placeholders in the same step, before.
      handler(_, bundle) {
        const page = bundle['index.html']
        if (page?.type !== 'asset') throw new Error('the page has no index.html')
        let [script, style] = ['', '']
        for (const [name, part] of Object.entries(bundle)) {
          if (part.type === 'chunk') script += part.code
          else if (name.endsWith('.css')) style += String(part.source)
          if (name !== 'index.html') Reflect.deleteProperty(bundle, name)
        }
        if (script.includes('__VITE_')) throw new Error('the bundler left a placeholder in the script')
        // What would end the element early may stand in a string of the script.
        script = script.replaceAll('</script', '<\\/script')
        const html = String(page.source).replace(/\s*<script[^>]*><\/script>/, '').replace(/\s*<link rel="stylesheet"[^>]*>/, '')
        const head = `<meta http-equiv="Content-Security-Policy" content="${policy(script, style)}" />\n    `
        page.source = html
          .replace('<meta charset', () => `${head}<meta charset`)
          .replace('</head>', () => `<style>${style}</style>\n  </head>`)
          .replace('</body>', () => `<script type="module">${script}</script>\n  </body>`)
      },
    },
  }
}

function policy(script: string, style: string): string {
  const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  // WebAssembly does the hashing; nothing may be fetched, framed, sent or evaluated.
  return `default-src 'none'; script-src ${digest(script)} 'wasm-unsafe-eval'; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`
}
