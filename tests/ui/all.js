import { run } from "./check.js";
import "./state.js";
import "./words.js";
import "./dom.js";
import "./wire_examples.js";
import "./screens.js";
import "./look.js";

run();
