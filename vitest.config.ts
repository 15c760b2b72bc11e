import { defineConfig } from 'vitest/config'

// Tests run on the sources: every package exports them under this private condition.
const sourceCondition = '@auroracoder/source'

export default defineConfig({
  resolve: { conditions: [sourceCondition] },
  ssr: { resolve: { conditions: [sourceCondition] } },
  test: {
    include: ['{servers,tests}/**/*.test.ts', '{orchestrator,sandbox,store}/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
