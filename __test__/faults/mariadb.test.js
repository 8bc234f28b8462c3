const { serverUnderLoad } = require("./under-load")

serverUnderLoad("mariadb")
