import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The files of a checkout with built servers, as far as the image is made from them. */
const files: Readonly<Record<string, string>> = {
  'package.json': '{"name": "checkout"}',
  'package-lock.json': JSON.stringify({
    packages: {
      '': {},
      'node_modules/@auroracoder/files': { resolved: 'servers/files', link: true },
      'node_modules/zod': { version: '4.6.7' },
    },
  }),
  'servers/files/package.json': '{"version": "0.1.0"}',
  'servers/files/dist/main.js': 'files()',
  'servers/shell/dist/main.js': 'shell()',
  'servers/kit/dist/index.js': 'kit()',
  'sandbox/image/Dockerfile': 'FROM scratch',
  'sandbox/image/start.cjs': 'start()',
  'sandbox/image/packages/base': 'git',
  'sandbox/image/network/package.json': '{"type": "module"}',
  'sandbox/dist/inside/egress.js': 'egress()',
  'sandbox/dist/tunnel/session.js': 'session()',
}

export async function writeCheckout(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(files)) await writeInto(folder, path, text)
}

export async function writeInto(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}
