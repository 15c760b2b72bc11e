/** What we put beside the user's files for a moment begins with this, so that nobody takes it for theirs. */
export const stagingPrefix = '.auroracoder-staging-'
