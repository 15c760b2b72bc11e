export { createJsonFile, type JsonFile, writePrivate } from './json-file.js'
