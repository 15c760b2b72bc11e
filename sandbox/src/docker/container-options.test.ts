import { expect, test } from 'vitest'
import { type ContainerOptions, containerLimits, containerOptions } from './container-options.js'

const options: ContainerOptions = {
  name: 'sandbox',
  image: 'image',
  workspace: '/home/me/project',
  agent: { uid: 1000, gid: 1000 },
  state: { volume: 'state', mountedAt: '/var/lib/auroracoder' },
  labels: { a: 'b' },
  limits: containerLimits,
  profile: 'hardened',
}

test('the container has no network, no capability, no way to more rights and a limit on everything', () => {
  const { HostConfig, NetworkDisabled, User } = containerOptions(options)
  expect(NetworkDisabled).toBe(true)
  expect(User).toBe('0:0')
  expect(HostConfig).toMatchObject({
    NetworkMode: 'none',
    Init: true,
    ReadonlyRootfs: true,
    Privileged: false,
    CapDrop: ['ALL'],
    CapAdd: [],
    SecurityOpt: ['no-new-privileges'],
    IpcMode: 'private',
    PidsLimit: 512,
    Memory: 2 * 1024 ** 3,
    MemorySwap: 2 * 1024 ** 3,
    NanoCpus: 2e9,
    RestartPolicy: { Name: 'no' },
  })
  expect(HostConfig?.PidMode).toBeUndefined()
  expect(HostConfig?.Binds).toBeUndefined()
})

test('of the host it sees the workspace alone', () => {
  expect(containerOptions(options).HostConfig?.Mounts).toEqual([
    { Type: 'bind', Source: '/home/me/project', Target: '/home/me/project' },
    { Type: 'volume', Source: 'state', Target: '/var/lib/auroracoder' },
  ])
})

test('PID 1 is never the agent', () => {
  expect(containerOptions({ ...options, agent: { uid: 0, gid: 0 } }).User).not.toMatch(/^0:/)
})

test('the profile for packages opens the root file system and what apt needs, and nothing else', () => {
  const { HostConfig } = containerOptions({ ...options, profile: 'dev' })
  expect(HostConfig?.ReadonlyRootfs).toBe(false)
  expect(HostConfig?.CapDrop).toEqual(['ALL'])
  expect(HostConfig?.CapAdd).not.toContain('SYS_ADMIN')
  expect(HostConfig?.SecurityOpt).toContain('no-new-privileges')
})

test('a runtime with a kernel of its own is passed on', () => {
  expect(containerOptions({ ...options, runtime: 'runsc' }).HostConfig?.Runtime).toBe('runsc')
})
