const { throughPgbouncer } = require("./through-pgbouncer")

throughPgbouncer("newer")
