const { serverUnderLoad } = require("./under-load")

serverUnderLoad("postgres")
