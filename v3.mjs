import v3 from "./v3.js"

export const { Default, TypeORM, Prisma, fromDatabase, schemaOf } = v3
export default v3.default
