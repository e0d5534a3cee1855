// A list of any length, of which only the rows in view are drawn; all rows are of one height. `row` gives the same
// element for the same item.

const SPARE_ROWS = 6

function longList({label, rowPx, row}) {
  let items = []
  const inner = h("ol.rows"), box = h("div.long", {tabindex: "0", role: "group", "aria-label": label}, inner)
  const drawRows = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / rowPx) - SPARE_ROWS)
    const last = Math.min(items.length, Math.ceil((box.scrollTop + (box.clientHeight || 400)) / rowPx) + SPARE_ROWS)
    inner.style.height = `${items.length * rowPx}px`
    keepChildren(inner, items.slice(first, last).map((item, index) => {
      const element = row(item)
      const place = `${first + index + 1} of ${items.length}`
      if (element.dataset.place !== place) {
        element.dataset.place = place
        element.style.top = `${(first + index) * rowPx}px`
        element.setAttribute("aria-setsize", String(items.length))
        element.setAttribute("aria-posinset", String(first + index + 1))
      }
      return element
    }))
  }
  box.addEventListener("scroll", drawRows)
  return {box, show: (wanted) => { items = wanted; drawRows() }}
}
