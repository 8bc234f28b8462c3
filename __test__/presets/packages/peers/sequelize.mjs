import SequelizeAdapter from "@auth/sequelize-adapter"
import { Sequelize } from "sequelize"

let sequelize

export function open({ kind, where }) {
  const { host, port, user, password, database } = where
  sequelize = new Sequelize(database, user, password, { host, port, dialect: kind, logging: false })
  const adapter = SequelizeAdapter(sequelize, { synchronize: false })
  return { adapter, close: () => sequelize.close() }
}

export async function create() {
  await sequelize.sync()
}
