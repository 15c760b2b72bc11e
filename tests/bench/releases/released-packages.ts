/** A package whose releases are laid as the commits of a git repository, one for each, in order. */
export interface ReleasedPackage {
  readonly name: string
  /** Files and folders of the package that its authors write by hand; all else is left out. */
  readonly sources: readonly string[]
  /** Oldest first. */
  readonly versions: readonly string[]
}

/**
 * As `npm view NAME versions` answered on 2026-11-26.
 *
 * Looked at were body-parser, commander, eslint, express, fastify, koa, mocha, socket.io, webpack and ws: packages that most
 * who write for Node know. A package is taken when
 * - it publishes what its authors write: nothing transpiled, bundled or minified (socket.io publishes what is compiled), and
 * - one of its two newest major versions has at least 25 stable releases (none of commander's and mocha's has).
 *
 * Of that major version, or the newer of two, the newest 30 stable releases are taken. Within one major version the order of
 * versions is that of time.
 */
export const releasedPackages: readonly ReleasedPackage[] = [
  {
    name: 'body-parser',
    sources: ['index.js', 'lib'],
    versions: releases(`
      1.13.1 1.13.2 1.13.3 1.14.0 1.14.1 1.14.2 1.15.0 1.15.1 1.15.2 1.16.0 1.16.1 1.17.0 1.17.1 1.17.2
      1.18.0 1.18.1 1.18.2 1.18.3 1.19.0 1.19.1 1.19.2 1.20.0 1.20.1 1.20.2 1.20.3 1.20.4 1.20.5 1.20.6
      1.20.8 1.20.9
    `),
  },
  {
    name: 'eslint',
    sources: ['bin', 'conf', 'lib', 'messages'],
    versions: releases(`
      9.18.0 9.19.0 9.20.0 9.20.1 9.21.0 9.22.0 9.23.0 9.24.0 9.25.0 9.25.1 9.26.0 9.27.0 9.28.0 9.29.0
      9.30.0 9.30.1 9.31.0 9.32.0 9.33.0 9.34.0 9.35.0 9.36.0 9.37.0 9.38.0 9.39.0 9.39.1 9.39.2 9.39.3
      9.39.4 9.39.5
    `),
  },
  {
    name: 'express',
    sources: ['index.js', 'lib'],
    versions: releases(`
      4.15.0 4.15.1 4.15.2 4.15.3 4.15.4 4.15.5 4.16.0 4.16.1 4.16.2 4.16.3 4.16.4 4.17.0 4.17.1 4.17.2
      4.17.3 4.18.0 4.18.1 4.18.2 4.18.3 4.19.0 4.19.1 4.19.2 4.20.0 4.21.0 4.21.1 4.21.2 4.22.0 4.22.1
      4.22.2 4.22.3
    `),
  },
  {
    name: 'fastify',
    sources: ['fastify.js', 'fastify.d.ts', 'lib', 'types'],
    versions: releases(`
      5.5.0 5.6.0 5.6.1 5.6.2 5.7.0 5.7.1 5.7.2 5.7.3 5.7.4 5.8.0 5.8.1 5.8.2 5.8.3 5.8.4 5.8.5 5.9.0
      5.10.0 5.11.0 5.11.1 5.11.2 5.11.3 5.12.0 5.12.1 5.12.2 5.12.3 5.12.4 5.12.5 5.12.6 5.12.7 5.12.8
    `),
  },
  {
    name: 'koa',
    sources: ['lib'],
    versions: releases(`
      2.6.0 2.6.1 2.6.2 2.7.0 2.8.0 2.8.1 2.8.2 2.9.0 2.10.0 2.11.0 2.12.0 2.12.1 2.13.0 2.13.1 2.13.2
      2.13.3 2.13.4 2.14.0 2.14.1 2.14.2 2.15.0 2.15.1 2.15.2 2.15.3 2.15.4 2.16.0 2.16.1 2.16.2 2.16.3
      2.16.4
    `),
  },
  {
    name: 'webpack',
    sources: ['bin', 'hot', 'lib'],
    versions: releases(`
      5.104.1 5.105.0 5.105.1 5.105.2 5.105.3 5.105.4 5.106.0 5.106.1 5.106.2 5.107.0 5.107.1 5.107.2
      5.108.0 5.108.1 5.108.2 5.108.3 5.108.4 5.109.0 5.109.1 5.109.2 5.110.0 5.110.1 5.110.2 5.110.3
      5.111.0 5.111.1 5.112.0 5.112.1 5.112.2 5.113.0
    `),
  },
  {
    name: 'ws',
    sources: ['browser.js', 'index.js', 'wrapper.mjs', 'lib'],
    versions: releases(`
      8.8.1 8.9.0 8.10.0 8.11.0 8.12.0 8.12.1 8.13.0 8.14.0 8.14.1 8.14.2 8.15.0 8.15.1 8.16.0 8.17.0
      8.17.1 8.18.0 8.18.1 8.18.2 8.18.3 8.19.0 8.20.0 8.20.1 8.21.0 8.21.1 8.21.2 8.21.3 8.22.0 8.22.1
      8.22.2 8.23.0
    `),
  },
]

function releases(text: string): string[] {
  return text.trim().split(/\s+/)
}
