import "../../../web/src/p-frame.js";
