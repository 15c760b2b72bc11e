import { join } from 'node:path'
import { createJail } from '@auroracoder/kit/jail'
import { bytesOf } from '../text/bytes.js'
import { readFile } from './read.js'
import { createTempFiles } from './temp-files.js'
import { writeFile } from './write.js'

const log = { debug() {}, info() {}, warn() {}, error() {} }

/** Writes a file over and over, each time whole with another letter, until it is killed. */
export async function main(root: string, stateDir: string, size: string): Promise<void> {
  const jail = await createJail([root])
  const temps = createTempFiles({ stateDir, log })
  const path = join(root, 'target')
  console.log(`writing ${process.pid}`)
  for (let round = 0; ; round += 1) {
    const bytes = bytesOf(Buffer.alloc(Number(size), 'ab'[round % 2]))
    await writeFile({ jail, temps, path, bytes, before: await readFile(jail, path) })
  }
}
