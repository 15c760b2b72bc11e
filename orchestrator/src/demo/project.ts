/** A small shop's receipts; one comparison in `src/discounts.js` is off by one, and one test says so. */
export const demoFiles: Readonly<Record<string, string>> = {
  'package.json': `{
  "name": "till",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  'README.md': `# till

Receipts for a small shop. Amounts are whole cents.

- \`src/money.js\`: reading and writing amounts
- \`src/discounts.js\`: what bulk orders save
- \`src/receipt.js\`: the lines of a receipt and their total

Run the tests with \`npm test\`.
`,
  '.gitignore': 'node_modules/\n',
  'src/money.js': `const amount = /^(\\d+)(?:[.,](\\d{2}))?$/

/** Cents of an amount such as "12", "12.50" or "12,50". */
export function parseCents(text) {
  const found = amount.exec(text.trim())
  if (found === null) throw new RangeError(\`expected an amount such as 12.50, found "\${text}"\`)
  return Number(found[1]) * 100 + Number(found[2] ?? 0)
}

/** 1250 becomes "12.50". */
export function formatCents(cents) {
  return (cents / 100).toFixed(2)
}
`,
  'src/discounts.js': `/** What bulk orders save: from so many pieces on, so many percent. */
export const bulkRules = [
  { from: 10, percent: 5 },
  { from: 50, percent: 10 },
  { from: 100, percent: 15 },
]

/** The percentage of the best rule that a quantity reaches; 0 when it reaches none. */
export function discountPercent(quantity, rules = bulkRules) {
  let percent = 0
  for (const rule of rules) {
    if (quantity > rule.from) percent = Math.max(percent, rule.percent)
  }
  return percent
}

/** An amount after the discount for a quantity, rounded to whole cents. */
export function discountedCents(cents, quantity) {
  return Math.round((cents * (100 - discountPercent(quantity))) / 100)
}
`,
  'src/receipt.js': `import { discountedCents } from './discounts.js'
import { formatCents } from './money.js'

/** One line an item, then the total; an item is {name, quantity, cents}, cents for one piece. */
export function receipt(items) {
  const amounts = items.map((item) => discountedCents(item.cents * item.quantity, item.quantity))
  const lines = items.map((item, index) => \`\${item.quantity} x \${item.name}  \${formatCents(amounts[index])}\`)
  const total = amounts.reduce((sum, cents) => sum + cents, 0)
  return [...lines, \`total  \${formatCents(total)}\`].join('\\n')
}
`,
  'test/money.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCents, parseCents } from '../src/money.js'

test('amounts are read with a point, a comma or neither', () => {
  assert.deepEqual(['12', '12.50', ' 0,05 '].map(parseCents), [1200, 1250, 5])
})

test('what is not an amount is refused', () => {
  for (const text of ['', '1.5', '-3', 'twelve']) assert.throws(() => parseCents(text), RangeError)
})

test('amounts are written with two decimals', () => {
  assert.equal(formatCents(1205), '12.05')
})
`,
  'test/discounts.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discountedCents, discountPercent } from '../src/discounts.js'

test('small orders get no discount', () => {
  assert.deepEqual([0, 1, 9].map((quantity) => discountPercent(quantity)), [0, 0, 0])
})

test('a discount begins at the quantity of its rule', () => {
  assert.deepEqual([10, 50, 100].map((quantity) => discountPercent(quantity)), [5, 10, 15])
})

test('the best rule wins', () => {
  assert.deepEqual([11, 99, 5000].map((quantity) => discountPercent(quantity)), [5, 10, 15])
})

test('discounted amounts are whole cents', () => {
  assert.equal(discountedCents(333, 20), 316)
})
`,
  'test/receipt.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { receipt } from '../src/receipt.js'

test('a receipt lists every item and adds up', () => {
  const items = [
    { name: 'tea', quantity: 2, cents: 349 },
    { name: 'sugar', quantity: 20, cents: 50 },
  ]
  assert.equal(receipt(items), '2 x tea  6.98\\n20 x sugar  9.50\\ntotal  16.48')
})
`,
}
