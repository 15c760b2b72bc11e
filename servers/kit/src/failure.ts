/**
 * An expected failure: the caller asked for something that cannot be done. Its message is written for the
 * reader (a model or a person) and says what was expected, what was found and what to do next. It is caught
 * once, where a tool call is answered, and becomes an `isError` reply; anything else thrown is our own bug.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
}
