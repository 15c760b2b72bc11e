export { createDailyLines, type DailyLines } from './daily-lines.js'
export { createJsonFile, type JsonFile, writePrivate } from './json-file.js'
