// Play, step back, step, restart: buttons that move one slider through its range.
import { html, say } from "./dom.mjs";

export function player(parent, { name, perSecond = 4, label = "steps" }, { min, max }, { animate, values, change }) {
  const group = html("div", { class: "nl-player", role: "group", "aria-label": label }, parent);
  let waited = 0;
  const go = (value) => change({ [name]: Math.min(Math.max(value, min), max) });
  const motion = animate((elapsed) => {
    waited += elapsed;
    if (waited < 1000 / perSecond) return;
    waited %= 1000 / perSecond;
    go(values()[name] + 1);
    if (values()[name] >= max) motion.stop();
  }, (on) => say(play, on ? "Pause" : "Play"));

  function button(text, press) {
    const made = html("button", { type: "button", text }, group);
    made.addEventListener("click", press);
    return made;
  }

  const play = button("Play", () => {
    if (motion.running) return motion.stop();
    if (values()[name] >= max) go(min);
    waited = 1000 / perSecond; // the first step at once
    return motion.start();
  });
  const still = (step) => () => {
    motion.stop();
    go(step(values()[name]));
  };
  button("Step back", still((at) => at - 1));
  button("Step", still((at) => at + 1));
  button("Restart", still(() => min));
}
