import { existsSync } from 'node:fs'
import { cp, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { rolldown } from 'rolldown'

/** Their code is bundled; what they start or load is in a package of its own for every platform. */
const native = ['@vscode/ripgrep', 'node-pty']

/** CommonJS has no `await` outside of functions. A main is one call, with nothing behind it that could wait. */
const mainWithoutAwait = {
  name: 'main-without-await',
  transform: {
    filter: { id: /[\\/]dist[\\/]main\.js$/ },
    handler: (code) => code.replace(/^await (?=runServer\()/m, ''),
  },
}

const [target, ...servers] = process.argv.slice(2)
for (const server of servers) await bundleServer(join('servers', server), join(target, server))
for (const name of native) await copyBinaries(name, join(target, 'node_modules'))

/**
 * `dist/main.cjs` holds what a server needs at its start; what it loads on demand is in files beside it. CommonJS,
 * because the loader of ES modules takes no code cache on Node 20.
 */
async function bundleServer(source, to) {
  const options = { platform: 'node' }
  const output = { dir: join(to, 'dist'), minify: { compress: false, mangle: false, codegen: true } }
  await write(
    { ...options, input: join(source, 'dist', 'main.js'), plugins: [mainWithoutAwait] },
    { ...output, format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' },
  )
  for (const input of await workersOf(join(source, 'dist'))) {
    await write({ ...options, input }, { ...output, format: 'esm', entryFileNames: basename(input) })
  }
  await cp(join(source, 'package.json'), join(to, 'package.json'))
}

async function write(input, output) {
  const bundle = await rolldown(input)
  try {
    await bundle.write(output)
  } finally {
    await bundle.close()
  }
}

/** Threads are started by the address of their file, next to the one that starts them. */
async function workersOf(folder) {
  const files = await readdir(folder, { recursive: true })
  return files.filter((file) => file.endsWith('-worker.js')).map((file) => join(folder, file))
}

/** Those for this platform: npm has left out the others. */
async function copyBinaries(name, to) {
  const manifest = JSON.parse(await readFile(join('node_modules', name, 'package.json'), 'utf8'))
  const installed = Object.keys(manifest.optionalDependencies).filter((each) => existsSync(join('node_modules', each)))
  if (installed.length === 0) throw new Error(`${name} has nothing for ${process.platform} on ${process.arch}.`)
  for (const each of installed) await cp(join('node_modules', each), join(to, each), { recursive: true })
}
