export { createJsonFile, type JsonFile } from './json-file.js'
