// node ../bundle.js, in the folder of a package that is built: makes few files of all that its program loads, in
// `bundle/`. Loading them takes half as long as loading each module by itself.
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rolldown } from 'rolldown'

/** They have parts for one platform, look for files beside themselves, or may be missing. */
const loadedAsTheyAre = ['@vscode/ripgrep', 'node-pty', '@xterm/headless', 'dockerode', /^@libsql\//]
const target = 'bundle'

await rm(target, { recursive: true, force: true })
for (const input of [join('dist', 'main.js'), ...(await threads())]) {
  const bundle = await rolldown({ input, platform: 'node', external: loadedAsTheyAre })
  await bundle.write({ dir: target, entryFileNames: basename(input), chunkFileNames: '[name]-[hash].js' })
  await bundle.close()
}

/** They are started by the address of their file, which is next to the one that starts them. */
async function threads() {
  const files = await readdir('dist', { recursive: true })
  return files.filter((file) => /-(?:thread|worker)\.js$/.test(file)).map((file) => join('dist', file))
}
