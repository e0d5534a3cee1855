export function render({model}) {
  const head = h("div.head"), first = h("div.first"), second = h("div.second"), below = h("div.below")
  const columns = h("div.columns", {}, first, second, below)
  columns.classList.toggle("alone", !model.second.length)
  columns.classList.toggle("over", model.below.length > 0)
  columns.style.setProperty("--first", model.ratio[0])
  columns.style.setProperty("--second", model.ratio[1])
  columns.style.setProperty("--stacked", `${model.stacked_px}px`)

  fillSlots(model, {head, first, second, below})
  return h("div.sheet", {}, head, columns)
}
