/**
 * How what the model has read of open files is kept true. `append`: history stays as it is, changes follow as hunks.
 * `refresh`: earlier text collapses at every call and one fresh block stands in the newest message. `auto`: `append`
 * until collapsing once is cheaper than going on.
 */
export type PanelPolicy = 'auto' | 'append' | 'refresh'
