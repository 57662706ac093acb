/** The tone that calls an agent: two short notes, made here and loaded from nowhere. */

const NOTES = [660, 880];
const LENGTH = 0.14; // seconds
const LOUD = 0.12;

let audio = null;

/** Gets ready within a click: until there was one, browsers let no page be heard. */
export function tune() {
  audio ??= new AudioContext();
  audio.resume().catch(() => {});
}

/** Plays it, where it may be heard. */
export function play() {
  if (audio?.state !== "running") return;
  NOTES.forEach((pitch, place) => note(pitch, audio.currentTime + place * LENGTH));
}

function note(pitch, at) {
  const sound = new OscillatorNode(audio, { frequency: pitch });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setTargetAtTime(LOUD, at, 0.01);
  volume.gain.setTargetAtTime(0, at + LENGTH / 2, 0.03);
  sound.connect(volume).connect(audio.destination);
  sound.start(at);
  sound.stop(at + LENGTH * 2);
}
