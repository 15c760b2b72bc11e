/** What our own lines call things in the shell. Unlike any name that a command makes up, or finds in the state of an earlier shell. */
export interface Names {
  /** Variables. */
  readonly text: string
  readonly code: string
  readonly saved: string
  readonly flags: string
  readonly aliases: string
  readonly rest: string
  /** Functions. */
  readonly done: string
  readonly report: string
  readonly forget: string
  readonly behind: string
}

export function namesFor(nonce: string): Names {
  const name = (what: string): string => `__ac_${nonce}_${what}`
  return {
    text: name('text'),
    code: name('code'),
    saved: name('saved'),
    flags: name('flags'),
    aliases: name('aliases'),
    rest: name('rest'),
    done: name('done'),
    report: name('report'),
    forget: name('forget'),
    behind: name('behind'),
  }
}
