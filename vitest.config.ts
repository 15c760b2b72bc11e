import { defineConfig } from 'vitest/config'
import { isDeep } from './tests/deep.js'

// Tests run on the sources: every package exports them under this private condition.
const sourceCondition = '@auroracoder/source'
const deepTimeoutMs = 3 * 60 * 60_000

export default defineConfig({
  resolve: { conditions: [sourceCondition] },
  ssr: { resolve: { conditions: [sourceCondition] } },
  test: {
    include: ['{servers,tests}/**/*.test.ts', '{orchestrator,sandbox,store}/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    setupFiles: ['tests/properties.setup.ts'],
    testTimeout: isDeep ? deepTimeoutMs : 20_000,
    tags: [
      {
        name: 'long',
        description: 'plays with chance on real files and processes',
        timeout: isDeep ? deepTimeoutMs : 180_000,
      },
    ],
    hookTimeout: 20_000,
  },
})
