// Small pieces that every component of ours is built from; put before the component's own script.

function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".")
  const element = document.createElement(name || "div")
  if (classes.length) element.className = classes.join(" ")
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value)
    else if (value === true) element.setAttribute(key, "")
    else if (value !== false && value != null) element.setAttribute(key, value)
  }
  element.append(...children.flat().filter((child) => child != null && child !== false))
  return element
}

function drawn(markup) {
  const holder = document.createElement("template")
  holder.innerHTML = markup
  return holder.content.firstElementChild
}

function cookie(name) {
  const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))
  return found ? found.slice(name.length + 1) : null
}

function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`
}

function badge(badges, verdict, state) {
  const look = badges[verdict || state] || badges.queued
  const element = h("span.verdict", {}, drawn(look.shape), h("span", {}, look.word))
  element.classList.add(look.css)
  return element
}

// The time zone that the user prefers; without one, that of the browser.
const zone = () => document.documentElement.dataset.zone || undefined

// A day as 2026-11-20, where the user is.
function dayOf(time) {
  return new Intl.DateTimeFormat("en-CA", {timeZone: zone(), year: "numeric", month: "2-digit", day: "2-digit"}).format(time)
}

// When a day begins where the user is; `midnight` is when it would in UTC. The clocks may be turned on that day.
function beginOf(midnight) {
  const parts = {year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"}
  const shown = (time) => {
    const {year, month, day, hour, minute, second} = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {timeZone: zone(), ...parts}).formatToParts(time).map((part) => [part.type, part.value]))
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }
  const ahead = (time) => shown(time) - time.getTime()
  const near = new Date(midnight.getTime() - ahead(midnight))
  return new Date(midnight.getTime() - ahead(near))
}

function clock(iso) {
  const time = new Date(iso), timeZone = zone(), now = dayOf(new Date()), day = dayOf(time)
  const year = now.slice(0, 4) === day.slice(0, 4) ? undefined : "numeric"
  const hours = time.toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone})
  const shown = now === day ? hours : `${time.toLocaleDateString([], {day: "2-digit", month: "short", year, timeZone})} ${hours}`
  return h("time", {datetime: iso, title: time.toLocaleString([], {dateStyle: "full", timeStyle: "long", timeZone})}, shown)
}

function typing(event) {
  const target = event.composedPath()[0]
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

// True when the key is not for somebody else: no modifier, no field with the caret in it, no dialog open.
function plainKey(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !typing(event)
}

// For each column of a field's alignment, the place of its character in the line, or null: spaces and symbols of the
// line take no column, and what was read is compared in capitals.
function placesOf(field, characters) {
  let next = 0
  return (field.alignment || []).map((pair) => {
    if (!pair.read) return null
    const found = characters.findIndex((one, place) => place >= next && one.text.toUpperCase() === pair.read.toUpperCase())
    if (found < 0) return null
    next = found + 1
    return found
  })
}

function skeleton(words) {
  return h("div.skeleton", {"aria-busy": "true"}, h("i.bar"), h("i.bar"), h("i.bar"), h("p.late", {}, words))
}

// A name as it can be read: characters that turn the order of those behind them around are left out.
function readable(text) {
  return text.replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, "")
}

// Puts `wanted` into `parent`, in that order; what is there already stays in place, and keeps the focus.
function keepChildren(parent, wanted) {
  const stay = new Set(wanted)
  for (const child of [...parent.children]) if (!stay.has(child)) child.remove()
  wanted.forEach((child, index) => { if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] || null) })
}

// A key that nobody else has: random, and not of `crypto.randomUUID`, which pages without TLS do not have.
function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}
