/**
 * Who may import whom. A place is a package (`files`) or a room of one (`orchestrator/loop`; `kit/index` and
 * `orchestrator/main` are files). What is not listed is forbidden; `kit/*` is every entry that the kit exports.
 * Tests and their fixtures may import anything.
 */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  'kit/failure': [],
  'kit/wire': [],
  'kit/panel': ['kit/wire'],
  'kit/jail': ['kit/failure'],
  'kit/net': ['kit/failure'],
  'kit/client': ['kit/wire', 'mcp-sdk'],
  'kit/reply': ['kit/failure', 'kit/wire', 'kit/panel', 'mcp-sdk'],
  'kit/tool': ['kit/failure', 'kit/reply'],
  'kit/serve': ['kit/failure', 'kit/wire', 'kit/reply', 'kit/tool', 'mcp-sdk'],
  'kit/index': ['kit/failure', 'kit/reply', 'kit/tool', 'kit/serve'],

  files: ['kit/*'],
  shell: ['kit/*'],

  sandbox: ['kit/net'],

  'orchestrator/events': ['kit/jail', 'kit/wire'],
  'orchestrator/kept': ['kit/jail'],
  'orchestrator/providers': ['kit/jail', 'orchestrator/events', 'orchestrator/kept'],
  'orchestrator/context': ['kit/panel', 'kit/wire', 'orchestrator/events', 'orchestrator/providers'],
  'orchestrator/connect': ['kit/client', 'kit/wire', 'sandbox', 'orchestrator/kept'],
  'orchestrator/loop': [
    'kit/jail',
    'orchestrator/events',
    'orchestrator/providers',
    'orchestrator/context',
    'orchestrator/connect',
  ],
  'orchestrator/sessions': ['kit/jail', 'orchestrator/events'],
  'orchestrator/http': ['kit/jail', 'orchestrator/events', 'orchestrator/sessions', 'orchestrator/providers'],
  'orchestrator/client': ['orchestrator/events', 'orchestrator/http'],
  'orchestrator/config': ['kit/jail', 'sandbox', 'orchestrator/events', 'orchestrator/kept'],
  'orchestrator/scripted-model': [],
  'orchestrator/demo': ['orchestrator/scripted-model'],
  'orchestrator/cli': [
    'kit/jail',
    'sandbox',
    'orchestrator/events',
    'orchestrator/context',
    'orchestrator/sessions',
    'orchestrator/config',
    'orchestrator/context',
    'orchestrator/scripted-model',
    'orchestrator/demo',
  ],
  'orchestrator/main': [
    'kit/jail',
    'sandbox',
    'orchestrator/cli',
    'orchestrator/config',
    'orchestrator/connect',
    'orchestrator/context',
    'orchestrator/events',
    'orchestrator/http',
    'orchestrator/kept',
    'orchestrator/loop',
    'orchestrator/providers',
    'orchestrator/sessions',
  ],
}

/** Places whose code also has to run where there is no Node: schemas and pure functions. */
export const withoutNode: readonly string[] = ['kit/wire', 'kit/panel']

/** Entries of packages whose every import, also of others' files, must lead to zod and to nothing else. */
export const entriesForBrowsers: readonly string[] = [
  '@auroracoder/orchestrator/client',
  '@auroracoder/orchestrator/events',
]

/** Packages that are divided into rooms; the others are one place each. */
export const packagesWithRooms: readonly string[] = ['kit', 'orchestrator']
