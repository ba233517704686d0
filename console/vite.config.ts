import { defineConfig } from 'vite'

/** herald serves what this builds (src/api/http/console.ts): it puts a nonce of its own where the placeholder stands. */
export default defineConfig({
  html: { cspNonce: '__CSP_NONCE__' },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/session': 'http://127.0.0.1:8080' } },
})
