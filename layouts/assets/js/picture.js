// The photo with its evidence. Everything is drawn in screen pixels over the scaled photo, so that outlines keep their
// 1.5 px and words their size at every zoom; the words stand beside the package and never on the mark.

const SVG = "http://www.w3.org/2000/svg"
const GUTTER_PX = 24, LABEL_PX = 26, LABEL_PAD_PX = 8, STEP = 1.25, MOST = 40, SHARP_FROM = 3, PAN_PX = 40, WEAK = 0.8
const LAYERS = [["package", "Package", "1"], ["lines", "Lines", "2"], ["characters", "Characters", "3"], ["text", "Text", "4"]]
const CHECK = '<svg viewBox="0 0 10 10" fill="none" stroke="currentColor" stroke-width="1.8"><path d="M1.5 5.5l2.3 2.3L8.5 2.5"/></svg>'

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function percent(value) { return `${(100 * value).toFixed(value > 0.995 && value < 1 ? 1 : 0)} %` }

export function render({model}) {
  const {icons} = model.esm_constants
  const image = h("img", {alt: "", draggable: "false", decoding: "async"})
  const drawing = s("svg", {class: "drawing", "aria-hidden": "true"})
  const tip = h("div.tip", {hidden: true})
  const message = h("div.message", {hidden: true})
  const scaleWord = h("span.scale", {"aria-live": "off"})
  let scale = 1, left = 0, top = 0, fitted = true

  const view = h("div.view", {tabindex: "0", role: "img"}, image, drawing, tip, message)
  const size = () => (model.size_wh && model.size_wh.length ? model.size_wh : [image.naturalWidth || 1, image.naturalHeight || 1])
  const at = ([x, y]) => [x * scale + left, y * scale + top]
  const points = (quad) => quad.map((corner) => at(corner).map((v) => v.toFixed(1)).join(",")).join(" ")
  const layerOn = (name) => model.layers.includes(name)

  function outlined(kind, quad) {
    const group = s("g", {class: kind})
    if (!kind.startsWith("character")) group.append(s("polygon", {class: "halo", points: points(quad)}))
    group.append(s("polygon", {class: "stroke", points: points(quad)}))
    return group
  }

  // A line is right or wrong only where something was expected of it.
  function judged(index) {
    const field = ((model.evidence && model.evidence.fields) || []).find((one) => one.line === index)
    if (!field || !field.alignment) return ""
    return field.alignment.every((pair) => pair.ok) ? "ok" : "differs"
  }

  function box(quads) {
    const all = quads.flat()
    const xs = all.map((p) => p[0]), ys = all.map((p) => p[1])
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  }

  // Labels stand in a column to the right of everything found, pushed apart, each led to the end of its line.
  function labels(lines, outline) {
    const measured = lines.map((line, index) => {
      const [x0, y0, x1, y1] = box([line.quad.map(at)])
      return {line, index, x: x1, y: (y0 + y1) / 2, want: (y0 + y1) / 2, left: x0}
    }).sort((a, b) => a.want - b.want || b.x - a.x)
    const [, , right] = box([...lines.map((line) => line.quad.map(at)), ...(outline ? [outline.map(at)] : [])])
    const widest = Math.max(...lines.map((line) => [...line.text].length)) * 9.65 + 2 * LABEL_PAD_PX
    const x = Math.max(8, Math.min(right + GUTTER_PX, view.clientWidth - widest - 8))
    let below = -Infinity
    for (const one of measured) {
      one.y = Math.max(one.want, below + LABEL_PX + 2)
      below = one.y
    }
    const over = below + LABEL_PX / 2 - (view.clientHeight - 4)
    if (over > 0) for (const one of measured) one.y = Math.max(one.y - over, LABEL_PX / 2)
    return measured.flatMap((one) => label(one, x))
  }

  function label({line, index, x: end, y, want}, x) {
    const kind = judged(index)
    const group = s("g", {class: `label ${kind}`})
    const text = s("text", {x: x + LABEL_PAD_PX, y: y + 5.5})
    text.textContent = line.text
    const width = [...line.text].length * 9.65 + 2 * LABEL_PAD_PX
    group.append(s("rect", {x, y: y - LABEL_PX / 2, width, height: LABEL_PX, rx: 3}), text)
    if (x <= end) return [group]
    return [s("path", {class: "leader", d: `M${end + 2} ${want}H${(end + x) / 2}L${x} ${y}`}), group]
  }

  function character(line, number, one, place) {
    const pointed = model.pointed && model.pointed[0] === number && model.pointed[1] === place
    const group = outlined(`character${one.confidence < WEAK ? " weak" : ""}${pointed ? " pointed" : ""}`, one.quad)
    group.dataset.at = `${number}-${place}`
    group.addEventListener("pointerenter", () => { model.pointed = [number, place] })
    group.addEventListener("pointerleave", () => { model.pointed = [] })
    return group
  }

  function draw() {
    image.style.transform = `translate(${left}px, ${top}px) scale(${scale * size()[0] / (image.naturalWidth || size()[0])})`
    image.classList.toggle("sharp", scale >= SHARP_FROM)
    scaleWord.textContent = `${Math.round(scale * 100)} %`
    const evidence = model.evidence || {}
    const lines = evidence.lines || []
    const parts = []
    if (layerOn("package") && evidence.outline) parts.push(outlined("package", evidence.outline))
    if (layerOn("characters")) {
      lines.forEach((line, number) => (line.characters || []).forEach((one, place) => {
        if (one.quad) parts.push(character(line, number, one, place))
      }))
    }
    if (layerOn("lines")) lines.forEach((line, index) => parts.push(outlined(`line ${judged(index)}`, line.quad)))
    if (layerOn("text") && lines.length) parts.push(...labels(lines, evidence.outline))
    drawing.replaceChildren(...parts)
    point()
  }

  function point() {
    const [number, place] = model.pointed || []
    const line = ((model.evidence || {}).lines || [])[number]
    const one = line && line.characters && line.characters[place]
    tip.hidden = !one || !one.quad
    for (const group of drawing.querySelectorAll(".character.pointed")) group.classList.remove("pointed")
    if (tip.hidden) return
    const [x0, , , y1] = box([one.quad.map(at)])
    tip.replaceChildren(h("b", {}, one.text), `  ${percent(one.confidence)}`,
      one.runner_up ? `, then ${one.runner_up}` : "")
    tip.style.left = `${Math.max(4, Math.min(x0, view.clientWidth - tip.offsetWidth - 4))}px`
    tip.style.top = `${Math.min(y1 + 6, view.clientHeight - tip.offsetHeight - 4)}px`
    const group = drawing.querySelector(`[data-at="${number}-${place}"]`)
    if (group) group.classList.add("pointed")
  }

  // The words get their room at the right of the picture, where there are any.
  function fit() {
    const [w, hgt] = size()
    const lines = (model.evidence && model.evidence.lines) || []
    const words = layerOn("text") && lines.length ? Math.max(...lines.map((line) => [...line.text].length)) * 9.65 + 48 : 0
    const found = lines.length ? box([...lines.map((line) => line.quad), ...(model.evidence.outline ? [model.evidence.outline] : [])]) : null
    const whole = Math.min(view.clientWidth / w, view.clientHeight / hgt)
    const room = found ? view.clientWidth - (found[2] * whole + (view.clientWidth - w * whole) / 2) : Infinity
    scale = room >= words ? whole : Math.min((view.clientWidth - words + (w - found[2]) * whole) / w, whole)
    left = room >= words ? (view.clientWidth - w * scale) / 2 : Math.max(0, (view.clientWidth - words - found[2] * scale) / 2)
    top = (view.clientHeight - hgt * scale) / 2
    fitted = true
    draw()
  }

  function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const least = Math.min(view.clientWidth / size()[0], view.clientHeight / size()[1]) / 2
    const next = Math.max(least, Math.min(MOST, scale * factor))
    left = x - (x - left) * next / scale
    top = y - (y - top) * next / scale
    scale = next
    fitted = false
    draw()
  }

  function pan(x, y) {
    left += x
    top += y
    fitted = false
    draw()
  }

  view.addEventListener("wheel", (event) => {
    event.preventDefault()
    const bounds = view.getBoundingClientRect()
    zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - bounds.left, event.clientY - bounds.top)
  }, {passive: false})
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    view.setPointerCapture(event.pointerId)
    view.classList.add("dragging")
  })
  view.addEventListener("pointermove", (event) => { if (view.classList.contains("dragging")) pan(event.movementX, event.movementY) })
  for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => view.classList.remove("dragging"))
  view.addEventListener("dblclick", fit)

  const moves = {
    ArrowLeft: () => pan(PAN_PX, 0), ArrowRight: () => pan(-PAN_PX, 0), ArrowUp: () => pan(0, PAN_PX), ArrowDown: () => pan(0, -PAN_PX),
    "+": () => zoom(STEP), "=": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: fit,
  }
  view.addEventListener("keydown", (event) => {
    if (!moves[event.key] || event.ctrlKey || event.metaKey) return
    moves[event.key]()
    event.preventDefault()
    event.stopPropagation()
  })

  function toggle(name) {
    model.layers = LAYERS.map(([one]) => one).filter((one) => (one === name) !== layerOn(one))
  }
  const switches = LAYERS.map(([name, word, key]) => h("button.layer", {
    type: "button", title: `${word} (${key})`, onclick: () => toggle(name), "data-layer": name,
  }, h("i", {}, drawn(CHECK)), word))
  const drawSwitches = () => switches.forEach((one) => one.setAttribute("aria-pressed", String(layerOn(one.dataset.layer))))
  const onkey = (event) => {
    const found = plainKey(event) && LAYERS.find(([, , key]) => key === event.key)
    if (found) toggle(found[0])
  }
  window.addEventListener("keydown", onkey)

  const tool = (icon, word, key, onclick) => h("button.button.quiet.square", {type: "button", title: `${word} (${key})`, "aria-label": word, onclick}, drawn(icons[icon]))
  const tools = h("div.tools", {role: "toolbar", "aria-label": "Picture"}, switches, h("span.gap"), scaleWord,
    tool("minus", "Zoom out", "−", () => zoom(1 / STEP)), tool("plus", "Zoom in", "+", () => zoom(STEP)), tool("fit", "Whole picture", "0", fit))

  image.addEventListener("load", () => { message.hidden = true; fit() })
  image.addEventListener("error", () => {
    message.hidden = false
    message.textContent = "The photo could not be loaded. Reload the page to try again."
  })
  function load() {
    message.hidden = Boolean(model.src)
    message.textContent = "No photo yet."
    if (model.src) image.src = model.src
    else image.removeAttribute("src")
    view.setAttribute("aria-label", `${model.label}. Wheel or plus and minus zoom, drag or arrows move, double click or 0 shows the whole.`)
  }

  const resized = new ResizeObserver(() => { if (fitted) fit(); else draw() })
  resized.observe(view)
  model.on(["src", "label"], load)
  model.on("evidence", () => { if (fitted) fit(); else draw() })
  model.on("layers", () => { drawSwitches(); if (fitted) fit(); else draw() })
  model.on("pointed", point)
  model.on("remove", () => {
    resized.disconnect()
    window.removeEventListener("keydown", onkey)
  })
  load()
  drawSwitches()
  return h("div.frame", {}, view, tools)
}
