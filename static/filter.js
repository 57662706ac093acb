/** The filter's page: how far a retraining is, and what a target would cost, while it is being chosen. */

import { define } from "./common/dom.js";
import { rest } from "./rest.js";

const PAUSE = 1500;
const percent = (share) => `${Number((100 * share).toFixed(2))}`;

/** <training-run>: asks how far the run is, and loads the page anew once it is over. */
class TrainingRun extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#later();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #later() {
    this.#timer = setTimeout(() => this.#look().catch(() => this.#later()), PAUSE);
  }

  async #look() {
    const run = await rest("GET", `/spam/training-runs/${this.dataset.run}`);
    const over = run.state === "failed" || (run.state === "done" && (run.report || !run.labels));
    if (over) return location.reload();
    const bar = this.querySelector("progress");
    if (bar) bar.value = run.progress;
    return this.#later();
  }
}

/** <target-slider>: a slider of steps beside the number, and what the choice would let through. */
class TargetSlider extends HTMLElement {
  connectedCallback() {
    const slider = this.querySelector("[type=range]");
    const number = this.querySelector("[type=number]");
    const output = this.querySelector("output");
    const cost = JSON.parse(output.dataset.cost);
    if (!cost.length) return;
    const nearest = (share) =>
      cost.reduce(
        (best, each, at) => (Math.abs(each.target - share) < Math.abs(cost[best].target - share) ? at : best),
        0,
      );
    const say = () => {
      const { spam_through: through } = cost[nearest(number.value / 100)];
      output.textContent = output.dataset.text.replace("{through}", `${percent(through)} %`);
    };
    Object.assign(slider, { hidden: false, max: cost.length - 1, value: nearest(number.value / 100) });
    const announce = () => slider.setAttribute("aria-valuetext", `${number.value} %`);
    slider.addEventListener("input", () => {
      number.value = percent(cost[slider.value].target);
      announce();
      say();
    });
    number.addEventListener("input", () => {
      slider.value = nearest(number.value / 100);
      announce();
      say();
    });
    announce();
    say();
  }
}

define("training-run", TrainingRun);
define("target-slider", TargetSlider);
