// Play, step back, step, restart: buttons that move one slider through its range.
import { html, say } from "./dom.mjs";

/** `perSecond` is how many steps, or a function of the values that says so; at once at most a tenth of a second's. */
export function player(parent, { name, perSecond = 4, label = "steps" }, { min, max }, { animate, values, change }) {
  const group = html("div", { class: "nl-player", role: "group", "aria-label": label }, parent);
  let due = 0;
  const go = (value) => change({ [name]: Math.min(Math.max(value, min), max) });
  const motion = animate((elapsed) => {
    const rate = typeof perSecond === "function" ? perSecond(values()) : perSecond;
    due = Math.min(due + (elapsed * rate) / 1000, Math.max(1, rate / 10));
    if (due < 1) return;
    go(values()[name] + Math.floor(due));
    due %= 1;
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
    due = 1; // the first step at once
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
