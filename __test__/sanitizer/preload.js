// Required by every process and worker thread of `npm run test:sanitizer`: whichever loads the addon gets the
// one that AddressSanitizer watches.

const { localFile } = require("../../platform.js")

const { dlopen } = process
process.dlopen = (module, file, ...flags) =>
  dlopen.call(process, module, file.endsWith(localFile) ? process.env.WATCHED : file, ...flags)
