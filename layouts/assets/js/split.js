export function render({model}) {
  const head = h("div.head"), first = h("div.first"), second = h("div.second")
  const columns = h("div.columns", {}, first, second)
  columns.classList.toggle("alone", !model.second.length)
  columns.style.setProperty("--first", model.ratio[0])
  columns.style.setProperty("--second", model.ratio[1])
  columns.style.setProperty("--stacked", `${model.stacked_px}px`)

  const fill = (slot, name) => {
    const children = model.get_child(name)
    children.forEach((child, index) => {
      const sizing = model[name][index].sizing_mode || ""
      child.classList.toggle("fills", sizing.includes("both") || sizing.includes("height"))
    })
    slot.replaceChildren(...children)
  }
  for (const [slot, name] of [[head, "head"], [first, "first"], [second, "second"]]) {
    fill(slot, name)
    model.on(name, () => fill(slot, name))
  }
  return h("div.sheet", {}, head, columns)
}
