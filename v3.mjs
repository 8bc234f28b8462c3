import v3 from "./v3.js"

export const { Default, TypeORM, Prisma, fromDatabase } = v3
export default v3.default
