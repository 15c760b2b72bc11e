import { mkdtemp, rm, symlink, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeCheckout, writeInto } from './checkout.fixture.js'
import { type ImageOptions, imageDefaults } from './options.js'
import { imageTag, readRecipe } from './recipe.js'

let checkout: string
let options: ImageOptions
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'checkout-'))
  await writeCheckout(checkout)
  options = { ...imageDefaults, checkout }
})
afterEach(() => rm(checkout, { recursive: true }))

const [certificate = '', otherCertificate = ''] = rootCertificates

describe('the tag of an image', () => {
  it('is the same for the same inputs, whenever they were written', async () => {
    const before = await imageTag(options)
    await writeCheckout(checkout)
    await utimes(join(checkout, 'servers/files/dist/main.js'), 1, 1)
    expect(await imageTag(options)).toBe(before)
    expect(before).toMatch(/^auroracoder-sandbox:[0-9a-f]{12,}$/)
  })

  it.each([
    'sandbox/image/Dockerfile',
    'sandbox/image/start.cjs',
    'sandbox/image/packages/base',
    'sandbox/image/network/package.json',
    'sandbox/dist/inside/egress.js',
    'sandbox/dist/tunnel/wire.js',
    'servers/files/package.json',
    'servers/files/dist/main.js',
    'servers/shell/dist/main.js',
    'servers/kit/dist/index.js',
    'servers/kit/dist/serve/stdio.js',
  ])('changes with %s', async (path) => {
    const before = await imageTag(options)
    await writeInto(checkout, path, '{"changed": true}')
    expect(await imageTag(options)).not.toBe(before)
  })

  it.each<Partial<ImageOptions>>([
    { base: 'debian:12' },
    { layer: 'desktop' },
    { agentUid: 1_234 },
    { agentGid: 1_234 },
  ])('changes with %j', async (change) => {
    expect(await imageTag({ ...options, ...change })).not.toBe(await imageTag(options))
  })

  it('changes with the certificates, not with the name of their file', async () => {
    const tagWith = async (name: string, text: string): Promise<string> => {
      await writeInto(checkout, name, text)
      return imageTag({ ...options, caFile: join(checkout, name) })
    }
    const tags = [await tagWith('one.pem', certificate), await tagWith('two.pem', otherCertificate)]
    expect(new Set([await imageTag(options), ...tags]).size).toBe(3)
    expect(await tagWith('three.pem', certificate)).toBe(tags[0])
  })
})

describe('the files of an image', () => {
  const paths = async (): Promise<string[]> => (await readRecipe(options)).files.map(({ path }) => path)

  it('are these', async () => {
    expect(await paths()).toEqual([
      'Dockerfile',
      'built/servers/files/dist/main.js',
      'built/servers/kit/dist/index.js',
      'built/servers/shell/dist/main.js',
      'manifests/package-lock.json',
      'manifests/package.json',
      'manifests/servers/files/package.json',
      'network/inside/egress.js',
      'network/package.json',
      'network/tunnel/session.js',
      'packages/base',
      'start.cjs',
    ])
  })

  it.each([
    '.env',
    '.npmrc',
    'servers/files/.env',
    'servers/files/src/main.ts',
    'servers/files/dist/main.js.map',
    'servers/files/dist/main.test.js',
    'servers/files/dist/disk.fixture.js',
    'sandbox/image/.env',
    'sandbox/image/key.pem',
    'sandbox/image/network/.env',
    'sandbox/dist/index.js',
    'sandbox/dist/tunnel/session.test.js',
    'sandbox/dist/inside/.env',
  ])('are not %s', async (path) => {
    await writeInto(checkout, path, 'SECRET')
    const { files } = await readRecipe(options)
    expect(files.filter(({ content }) => content.includes('SECRET'))).toEqual([])
  })

  it('are not what a symbolic link leads to', async () => {
    const before = await paths()
    await writeInto(checkout, 'secret', 'SECRET')
    await symlink(join(checkout, 'secret'), join(checkout, 'servers/files/dist/link.js'))
    expect(await paths()).toEqual(before)
  })

  it('are of a certificate file the certificates alone', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n'
    await writeInto(checkout, 'ca.pem', `${certificate}\n${key}${otherCertificate}\n`)
    const { files } = await readRecipe({ ...options, caFile: join(checkout, 'ca.pem') })
    const text = files.find(({ path }) => path === 'ca/ca.crt')?.content.toString()
    expect(text).toBe(`${certificate.trim()}\n${otherCertificate.trim()}\n`)
  })
})

describe('a wrong input is named', () => {
  it.each(['servers/files', 'servers/shell', 'servers/kit', 'sandbox'])('%s that is not built', async (name) => {
    await rm(join(checkout, name, 'dist'), { recursive: true })
    await expect(imageTag(options)).rejects.toThrow(/does not hold [a-z]+\.js\. Run "npm run build" first/)
  })

  it.each<[Partial<ImageOptions>, RegExp]>([
    [{ base: '' }, /The base of the image is ""/],
    [{ base: '--privileged' }, /The base of the image is "--privileged"/],
    [{ base: 'a b' }, /The base of the image is "a b"/],
    [{ agentUid: 0 }, /uid is 0, .* never root/],
    [{ agentUid: 1.5 }, /uid is 1\.5/],
    [{ agentGid: -1 }, /gid is -1/],
    [{ agentGid: 65_534 }, /gid is 65534/],
    [{ caFile: '/does/not/exist.pem' }, /"\/does\/not\/exist\.pem" cannot be read/],
  ])('%j', async (change, message) => {
    await expect(imageTag({ ...options, ...change })).rejects.toThrow(message)
  })

  it.each([
    ['hello', /holds no certificate/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /Certificate 1 of ".*" is damaged/],
  ])('a certificate file that says %j', async (text, message) => {
    await writeInto(checkout, 'ca.pem', text)
    await expect(imageTag({ ...options, caFile: join(checkout, 'ca.pem') })).rejects.toThrow(message)
  })
})
