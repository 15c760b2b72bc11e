const { existsSync, readFileSync } = require('node:fs')
const { createRequire, wrap } = require('node:module')
const { dirname, join } = require('node:path')
const vm = require('node:vm')

module.exports = { load }

// What is left of the arguments are the server's flags, in the place where it looks for them.
if (require.main === module) load(process.argv.splice(2, 1)[0]).run()

/**
 * A bundled server, compiled with V8's code cache that was made with the image. Another Node or processor refuses the
 * cache and compiles anew.
 */
function load(server) {
  const file = join(__dirname, server, 'dist', 'main.cjs')
  const cacheFile = join(__dirname, server, 'dist', 'main.cache')
  const script = new vm.Script(wrap(readFileSync(file, 'utf8')), {
    filename: file,
    cachedData: existsSync(cacheFile) ? readFileSync(cacheFile) : undefined,
  })
  const run = () => {
    const main = { exports: {} }
    script.runInThisContext()(main.exports, createRequire(file), main, file, dirname(file))
  }
  return { script, cacheFile, run }
}
