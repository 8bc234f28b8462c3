/** What the configuration of v3's own adapter is for a database's URL. */
const TYPEORM = {
  sqlite: (url) => ({ type: "sqlite", database: url.slice("sqlite:".length) }),
  postgres: (url) => ({ type: "postgres", url }),
  mysql: (url) => ({ type: "mysql", url }),
  // By the name of mariadb v3 made other tables than its documentation has.
  mariadb: (url) => ({ type: "mysql", url: url.replace(/^mariadb:/, "mysql:") }),
}

module.exports = { TYPEORM }
