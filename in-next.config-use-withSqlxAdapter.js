"use strict"

// Where a bundler takes this package in, its complaint shows the files on the way to the binary,
// and of this package nothing else: so the name of this one says what to do.
module.exports = require("./binding.js")
