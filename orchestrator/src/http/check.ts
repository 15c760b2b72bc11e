/** What is refused when it is asked for, rather than when it is used. */
export interface Check {
  /** Throws for a model that no provider has. */
  model(id: string): void
}
