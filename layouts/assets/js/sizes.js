// Bytes, speeds and times as people read them; names with their folders.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"]

function size(bytes) {
  let value = bytes, unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) { value /= 1000; unit += 1 }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${unit === 0 && bytes === 1 ? "byte" : UNITS[unit]}`
}

function number(value) {
  return value.toLocaleString("en-US")
}

function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`
}

function span(seconds) {
  if (!Number.isFinite(seconds)) return ""
  if (seconds < 1) return "under 1 s"
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")} min`
}

// A path with its folders fainter; each part is isolated, so that a name written from right to left turns nothing around.
function pathLabel(path) {
  const parts = readable(path).split("/")
  const name = parts.pop()
  return h("span.path", {title: readable(path), dir: "ltr"},
    parts.length ? h("span.folders", {}, parts.flatMap((part) => [h("bdi", {}, part), "/"])) : "", h("bdi.name", {}, name))
}
