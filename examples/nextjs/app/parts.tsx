import Image from "next/image"

const format = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" })

export function Time({ date }: { date: Date }) {
  return <time dateTime={date.toISOString()}>{format.format(date)}</time>
}

export function Avatar({ name, image }: { name: string; image?: string | null }) {
  return image ? (
    <Image className="avatar" src={image} alt="" width={64} height={64} unoptimized />
  ) : (
    <span className="avatar" aria-hidden="true">
      {name[0].toUpperCase()}
    </span>
  )
}
