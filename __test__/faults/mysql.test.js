const { serverUnderLoad } = require("./under-load")

serverUnderLoad("mysql")
