import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import Components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'
import { verifyPage } from './verify/build'

export default defineConfig({
  plugins: [vue(), Components({ dts: 'components.d.ts', dirs: [], resolvers: [ElementPlusResolver()] }), verifyPage()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    // The composition API of vue-i18n alone, messages compiled without `new Function`: the page's CSP forbids eval.
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_JIT_COMPILATION__: 'true',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
  },
  build: {
    // Browsers people really use here (360, QQ, UOS) stand on a Chromium some years old.
    target: 'chrome90',
    // A data: address would need a hole in the CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': { target: process.env['HALL'] ?? 'http://127.0.0.1:8080' },
      '/socket.io': { target: process.env['HALL'] ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
})
