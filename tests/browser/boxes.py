"""Where captions stand on a page while other things change."""

WATCH_BOXES = """
() => {
  window.boxes = {compared: 0, moved: []};
  const words = document.querySelector('.words');
  const look = () => [...document.querySelectorAll('.sentence')].map((each) => {
    const {top, left, width, height} = each.getBoundingClientRect();
    return {text: each.textContent, box: [top, left, width, height]};
  });
  const moved = (box, old) => box.some((edge, at) => Math.abs(edge - old[at]) >= 1);
  let before = look();
  let mutated = false;
  const compare = () => {
    mutated = false;
    const now = look();
    const same = now.length === before.length && now.every(({text}, at) => text === before[at].text);
    if (same && now.length) {
      boxes.compared += 1;
      now.forEach(({text, box}, at) => moved(box, before[at].box) && boxes.moved.push([text, box]));
    }
    before = now;
  };
  new MutationObserver(() => {
    if (!mutated) requestAnimationFrame(() => setTimeout(compare));
    mutated = true;
  }).observe(words, {childList: true, characterData: true, subtree: true});
}
"""
"""When only unfinished words changed, finished captions must stand where they stood when they are painted.

Pages are looked at once they are painted: before, a state that became longer is not yet scrolled for. They
scroll by whole pixels.
"""
