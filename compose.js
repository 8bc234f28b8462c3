"use strict"

const { composeAdapters } = require("./compose/adapters.js")
const { mirror } = require("./compose/mirror.js")

module.exports = { composeAdapters, mirror }
