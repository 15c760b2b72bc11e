/** `bytes` stands before `body`, so that a read can add sizes up without loading the bodies. */
export const schema = [
  `CREATE TABLE IF NOT EXISTS events (
    session TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (session, seq))`,
  `CREATE TABLE IF NOT EXISTS leases (
    session TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, until INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS sessions (
    id TEXT NOT NULL PRIMARY KEY, created_at TEXT NOT NULL, state TEXT NOT NULL, words TEXT NOT NULL, body TEXT NOT NULL)`,
  `CREATE INDEX IF NOT EXISTS sessions_by_age ON sessions (created_at, id)`,
  `CREATE INDEX IF NOT EXISTS sessions_unsettled ON sessions (state) WHERE state != 'settled'`,
]

/** Raised when the tables change; a file of a newer version is refused rather than misread. */
export const schemaVersion = 1
