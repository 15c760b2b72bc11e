/**
 * The scenarios that are not passed, with the reason. None of them is required for a revision: they are extensions, or
 * the suite's own reference cannot pass them yet.
 */
type Reasons = Readonly<Record<string, Readonly<Record<string, string>>>>

const clientExtensions = {
  'auth/client-credentials-jwt': 'clients prove who they are by a secret; keys that sign are not offered',
  'auth/enterprise-managed-authorization': 'there is no identity provider of an enterprise to ask',
  'auth/dpop': 'tokens are bearer tokens',
  'auth/dpop-nonce': 'tokens are bearer tokens',
  'auth/wif-jwt-bearer': 'there is no workload identity to exchange',
}

export const clientNotPassed: Reasons = { '2025-11-25': clientExtensions, '2026-07-28': clientExtensions }

const noTasks = 'the tasks extension is not offered: hosts ignore it'

export const serverNotPassed: Reasons = {
  '2025-11-25': {
    'server-sse-polling': 'a stream stays open as long as its call, and no tool closes it',
  },
  '2026-07-28': {
    'tasks-lifecycle': noTasks,
    'tasks-capability-negotiation': noTasks,
    'tasks-wire-fields': noTasks,
    'tasks-request-state-removal': noTasks,
    'tasks-mrtr-input': noTasks,
    'tasks-request-headers': noTasks,
    'tasks-dispatch-and-envelope': noTasks,
    'tasks-status-notifications': noTasks,
    'tasks-required-task-error': noTasks,
    'tasks-mrtr-composition': noTasks,
    'http-custom-header-server-validation':
      'no tool of ours has a parameter in a header; the SDK does not compare them',
  },
}
