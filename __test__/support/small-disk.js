const { spawnSync } = require("node:child_process")
const fs = require("node:fs")
const os = require("node:os")
const path = require("node:path")

const run = (command, ...args) => spawnSync(command, args, { encoding: "utf8" })

/** Whether a small file system can be mounted here: tried, because root may lack the right too. */
function canMount() {
  if (process.platform !== "linux") return false
  const disk = smallDisk("64k")
  disk?.remove()
  return disk !== undefined
}

/** A file system of its own of this size, in memory; `undefined` where none can be mounted. */
function smallDisk(size) {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "small-disk-")))
  if (run("mount", "-t", "tmpfs", "-o", `size=${size},mode=755`, "tmpfs", folder).status !== 0) {
    fs.rmdirSync(folder)
    return undefined
  }
  const ballast = path.join(folder, "ballast")
  return {
    folder,
    /** Writes until nothing more fits. */
    fill() {
      const handle = fs.openSync(ballast, "a")
      for (const size of [1 << 20, 65_536, 4096, 1]) {
        try {
          for (;;) fs.writeSync(handle, Buffer.alloc(size))
        } catch (error) {
          if (error.code !== "ENOSPC") throw error
        }
      }
      fs.closeSync(handle)
    },
    /** Gives back what `fill` took. */
    empty() {
      fs.rmSync(ballast, { force: true })
    },
    remove() {
      run("umount", "-l", folder)
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

module.exports = { canMount, smallDisk }
